//! Tests of the canonical form: examples of each rule, and what holds for any file.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn laid_out(text: &str, expected: &str) {
    let formatted = format(text).unwrap();
    assert_eq!(
        formatted,
        expected,
        "\n{}",
        similar::TextDiff::from_lines(expected, &formatted).unified_diff()
    );
    assert_eq!(format(expected).unwrap(), expected);
}

#[test]
fn settings_align_with_their_neighbours() {
    laid_out(
        "[train] # ours\nname=\"t\" # short\narchitecture   =\"x86_64\"#cpu\n\n\nos = 'o'\n# alone\n  golden=1",
        "[train]    # ours\nname         = \"t\"         # short\narchitecture = \"x86_64\"    #cpu\n\nos = 'o'\n# alone\ngolden = 1\n",
    );
    laid_out("a . b=1\n\"ä\" =2\n", "a.b = 1\n\"ä\" = 2\n");
    // A value over several lines aligns with nobody.
    laid_out("a=1\nlonger=[\n1]\nbb = 2\n", "a = 1\nlonger = [\n    1,\n]\nbb = 2\n");
}

#[test]
fn one_empty_line_parts_tables_and_comments_stay_with_theirs() {
    laid_out("\n\n[a]\n\nx=1\n[b]\n\n\n\n[[c]]\n[d]\n\n", "[a]\nx = 1\n\n[b]\n\n[[c]]\n\n[d]\n");
    laid_out("[a]\nx=1\n# of b\n#  also\n[b]\n", "[a]\nx = 1\n\n# of b\n#  also\n[b]\n");
    laid_out("[a]\nx=1\n# of a\n\n[b]\n", "[a]\nx = 1\n# of a\n\n[b]\n");
    laid_out(
        "# the file\n\n\n# of a\n[ a . \"b c\" ]\n\n# of x\nx=1",
        "# the file\n\n# of a\n[a.\"b c\"]\n\n# of x\nx = 1\n",
    );
    laid_out("\n# only a comment  \t\n\n", "# only a comment\n");
    laid_out("", "");
    laid_out("\n \n", "");
}

#[test]
fn an_array_over_several_lines_has_an_element_a_line() {
    laid_out(
        "m = [ # all\n\n\n \"a\", \"bb\" # second\n# alone\n\n\n , \"c\"\n# last\n\n]# end\n",
        "m = [    # all\n    \"a\",\n    \"bb\",    # second\n    # alone\n\n    \"c\",\n    # last\n]    # end\n",
    );
    laid_out(
        "m = [\"a\" , 'b',]\nn=[ ]\no=[\n\n]\np = [\n# nobody\n]\n",
        "m = [\"a\", 'b']\nn = []\no = []\np = [\n    # nobody\n]\n",
    );
    laid_out(
        "m = [\n\"a\", # 1\n\"bbbb\", # 2\n\"c\",\n\"d\" # 3\n]\n",
        "m = [\n    \"a\",       # 1\n    \"bbbb\",    # 2\n    \"c\",\n    \"d\",    # 3\n]\n",
    );
    laid_out("m = [[1,2],[\n3]]\n", "m = [[1, 2], [\n    3,\n]]\n");
    laid_out("m = [\n[\n3 # three\n]]\n", "m = [\n    [\n        3,    # three\n    ],\n]\n");
}

#[test]
fn an_inline_table_has_one_space_inside() {
    laid_out(
        "e={osms=\"simulator\"  ,  a . b=[ 1 ]}\nf={ }\n",
        "e = { osms = \"simulator\", a.b = [1] }\nf = {}\n",
    );
    // TOML 1.1 allows what arrays always could.
    laid_out("e = {\n a=1 # one\n,b=2 }\n", "e = {\n    a = 1,    # one\n    b = 2,\n}\n");
}

#[test]
fn line_ends_are_lf_and_values_stay_letter_by_letter() {
    laid_out(
        "[a]\r\nx = 1_000 # c\r\ny = '''\n  two \n lines'''\r\nz = 0x1F\r\n",
        "[a]\nx = 1_000    # c\ny = '''\n  two \n lines'''\nz = 0x1F\n",
    );
}

#[test]
fn what_does_not_parse_is_refused_with_its_line() {
    let message = format("[a]\nx = 1\nx = 2\n").map_err(|error| error.to_string());
    assert_eq!(
        message,
        Err("line 3 is not TOML: duplicate key; `patchtrain validate` shows all of it".to_owned())
    );
}

/// Every comment of a text, in order; the generated ones are unmistakable.
fn comments(text: &str) -> Vec<&str> {
    let pieces = text.split("#c").skip(1);
    pieces.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()).collect()
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", " ", "  ", "\t"])
}

/// What may stand between two elements of an array.
fn gap() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just(" ".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("\r\n\n".to_owned()),
        1 => (0..1000_u32).prop_map(|number| format!(" #c{number} \n")),
    ];
    prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "1",
        "\"a\"",
        "'b'",
        "true",
        "1.5",
        "\"\"\"\n two\n  lines\"\"\"",
        "1979-05-27",
    ]);
    scalar.prop_map(str::to_owned).prop_recursive(3, 12, 4, |inner| {
        let elements = prop::collection::vec((gap(), inner.clone(), gap()), 0..4);
        let array = (elements, gap(), any::<bool>()).prop_map(|(elements, end, comma)| {
            let parts: Vec<String> =
                elements.iter().map(|(before, value, after)| format!("{before}{value}{after}")).collect();
            let comma = if comma && !parts.is_empty() { "," } else { "" };
            format!("[{}{comma}{end}]", parts.join(","))
        });
        let pairs = prop::collection::vec((space(), inner), 0..3);
        let table = pairs.prop_map(|pairs| {
            let pairs = pairs.iter().enumerate();
            let pairs: Vec<String> =
                pairs.map(|(at, (space, value))| format!("{space}k{at} ={space}{value}")).collect();
            format!("{{{}}}", pairs.join(","))
        });
        prop_oneof![2 => array, 1 => table]
    })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        1 => (space(), 0..1000_u32).prop_map(|(space, number)| format!("{space}#c{number}{space}")),
        2 => (space(), any::<bool>(), space(), prop::option::of(0..1000_u32)).prop_map(|(space, array, more, comment)| {
            let comment = comment.map(|number| format!("#c{number}")).unwrap_or_default();
            if array { format!("{space}[[{more}table]]{more}{comment}") } else { format!("[{space}TABLE{more}]{comment}") }
        }),
        4 => (space(), "[a-z]{1,8}", space(), value(), space(), prop::option::of(0..1000_u32)).prop_map(
            |(before, key, space, value, after, comment)| {
                let comment = comment.map(|number| format!("#c{number}")).unwrap_or_default();
                format!("{before}{key}KEY{space}={space}{value}{after}{comment}")
            },
        ),
    ]
}

proptest! {
    #[test]
    fn values_and_comments_stay_and_a_second_time_changes_nothing(lines in prop::collection::vec(line(), 0..16)) {
        // Keys and tables get numbers, so that none stands twice.
        let numbered = lines.iter().enumerate().map(|(at, line)| {
            line.replacen("KEY", &format!("_{at}"), 1).replacen("TABLE", &format!("table_{at}"), 1)
        });
        let text = numbered.collect::<Vec<_>>().join("\n");
        let before = values(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
        let formatted = format(&text).unwrap();
        prop_assert_eq!(values(&formatted).unwrap(), before);
        prop_assert_eq!(comments(&formatted), comments(&text), "{}\n---\n{}", text, formatted);
        prop_assert_eq!(format(&formatted).unwrap(), formatted.clone(), "{}\n---\n{}", text, formatted);
        prop_assert!(formatted.is_empty() || formatted.ends_with('\n'));
        prop_assert!(!formatted.contains('\r') && !formatted.contains("\n\n\n"));
    }
}
