//! Lists of objects and versions: what they hold, by the words of the API, compared with a walk through all names.

use std::collections::BTreeSet;

use super::*;

const NAMES: [&str; 17] = [
    "a",
    "a/",
    "a/1",
    "a/2",
    "a/b/1",
    "a/b/2",
    "a0",
    "a//x",
    "b/1",
    "b/c/d/e",
    "b/é",
    "c",
    "journal/00000001",
    "journal/00000002",
    "z",
    "ä/1",
    "日本/語",
];

fn filled() -> Store {
    let store = Store::new();
    for name in NAMES {
        let put = store.put(&format!("/own/o/{}", escape(name)), name.as_bytes());
        assert_eq!(put.status, 200, "{name}");
    }
    store
}

/// All names and prefixes of a list, read page by page.
fn walk(store: &Store, query: &str, limit: usize) -> (Vec<String>, Vec<String>) {
    let (mut names, mut prefixes, mut start) = (Vec::new(), Vec::new(), None::<String>);
    loop {
        let from = start.map_or(String::new(), |start| format!("&start={}", escape(&start)));
        let got = store.get(&format!("/own/o?limit={limit}{query}{from}"));
        assert_eq!(got.status, 200, "{got:?}");
        let body = got.json();
        let page = body["objects"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap());
        names.extend(page.map(str::to_owned));
        let folded = body["prefixes"].as_array().unwrap().iter().map(|prefix| prefix.as_str().unwrap());
        prefixes.extend(folded.map(str::to_owned));
        let rows = body["objects"].as_array().unwrap().len() + body["prefixes"].as_array().unwrap().len();
        assert!(rows <= limit);
        match body["nextStartWith"].as_str() {
            None => return (names, prefixes),
            Some(next) => {
                assert_eq!(rows, limit);
                start = Some(next.to_owned());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lists_hold_what_a_walk_through_all_names_finds() {
    let store = filled();
    for prefix in ["", "a", "a/", "a/b", "b/", "journal/", "ä", "日", "nothing"] {
        for start in ["", "a/2", "b", "zz"] {
            for end in [None, Some("a0"), Some("c"), Some("journal/00000002")] {
                for delimiter in [false, true] {
                    let own = |name: &&str| {
                        name.starts_with(prefix) && *name >= start && end.is_none_or(|end| *name < end)
                    };
                    let all: BTreeSet<&str> = NAMES.into_iter().filter(own).collect();
                    let (mut names, mut prefixes) = (Vec::new(), BTreeSet::new());
                    for name in all {
                        match name[prefix.len()..].find('/').filter(|_| delimiter) {
                            Some(at) => drop(prefixes.insert(name[..=prefix.len() + at].to_owned())),
                            None => names.push(name.to_owned()),
                        }
                    }
                    let end = end.map_or(String::new(), |end| format!("&end={}", escape(end)));
                    let fold = if delimiter { "&delimiter=%2F" } else { "" };
                    let query = format!("&prefix={}{end}{fold}", escape(prefix));
                    // Pages go on by a start of their own, so that one is given for the whole list only.
                    let got = match start {
                        "" => walk(&store, &query, 1),
                        start => walk(&store, &format!("{query}&start={}", escape(start)), 1000),
                    };
                    let prefixes: Vec<String> = prefixes.into_iter().collect();
                    assert_eq!(got, (names.clone(), prefixes.clone()), "{query}, from {start}");
                    if start.is_empty() {
                        for limit in [2, 3, 1000] {
                            assert_eq!(walk(&store, &query, limit), (names.clone(), prefixes.clone()));
                        }
                    }
                }
            }
        }
    }
    let after = store.get("/own/o?startAfter=c&end=z").json();
    assert_eq!(after["objects"], json!([{ "name": "journal/00000001" }, { "name": "journal/00000002" }]));
    let long = store.get("/own/o").json();
    assert_eq!((long["objects"].as_array().unwrap().len(), &long["nextStartWith"]), (17, &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn rows_tell_what_is_asked_for() {
    let store = filled();
    let got = store.get("/own/o?prefix=journal%2F&limit=1&fields=size,ETag,md5,timeModified,storageTier");
    let row = &got.json()["objects"][0];
    let head = store.head("/own/o/journal/00000001");
    assert_eq!(row["name"], "journal/00000001");
    assert_eq!(row["size"], 16);
    assert_eq!(row["etag"], head.header("etag"));
    assert_eq!(row["md5"], head.header("content-md5"));
    assert_eq!(row["storageTier"], "Standard");
    assert!(row["timeModified"].as_str().unwrap().parse::<Timestamp>().is_ok());
    assert_eq!(row.as_object().unwrap().len(), 6);
    let deleted = store.delete("/own/o/journal/00000001", &[]);
    assert_eq!(deleted.status, 204);
    let left = store.get("/own/o?prefix=journal%2F").json();
    assert_eq!(left["objects"], json!([{ "name": "journal/00000002" }]));
}

#[tokio::test(start_paused = true)]
async fn versions_are_listed_in_pages_the_newest_first() {
    let store = Store::new();
    for round in 0..5_u8 {
        for name in ["a", "b/1", "b/2", "c"] {
            store.put(&format!("/kept/o/{name}"), &[round; 3]);
        }
    }
    store.delete("/kept/o/c", &[]);
    let (mut rows, mut page) = (Vec::new(), String::new());
    loop {
        let got = store.get(&format!("/kept/objectversions?limit=4&fields=name,size,etag{page}"));
        assert_eq!(got.status, 200, "{got:?}");
        let items = got.json()["items"].as_array().unwrap().clone();
        assert!(items.len() <= 4);
        rows.extend(items);
        match got.header("opc-next-page") {
            "" => break,
            token => page = format!("&page={}", escape(token)),
        }
    }
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [["a"; 5], ["b/1"; 5], ["b/2"; 5], ["c"; 5]].concat().into_iter().chain(["c"]).collect::<Vec<_>>()
    );
    let newest = rows[0]["versionId"].as_str().unwrap();
    assert_eq!(&store.get(&format!("/kept/o/a?versionId={newest}")).body[..], [4; 3]);
    assert_eq!((&rows[15]["isDeleteMarker"], &rows[15]["size"]), (&json!(true), &Value::Null));
    assert_eq!((&rows[16]["isDeleteMarker"], &rows[16]["size"]), (&json!(false), &json!(3)));
    let below = store.get("/kept/objectversions?prefix=b%2F&delimiter=%2F").json();
    assert_eq!(below["items"].as_array().unwrap().len(), 10);
    let folded = store.get("/kept/objectversions?delimiter=%2F").json();
    assert_eq!((&folded["prefixes"], folded["items"].as_array().unwrap().len()), (&json!(["b/"]), 11));
}
