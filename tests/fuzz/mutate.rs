//! Changes texts in ways that break parsers: bits, bytes, lines and words, of texts that somebody wrote for a target.

use crate::support::rng::Rng;

/// The longest input: longer ones find nothing more, and take longer.
const LONGEST: usize = 16 << 10;

/// What a target's inputs are made of.
#[derive(Clone, Debug)]
pub(super) struct Seeds {
    /// Whole texts.
    pub(super) texts: Vec<Vec<u8>>,
    /// Pieces that mean something to the parser.
    pub(super) words: &'static [&'static str],
}

impl Seeds {
    /// Makes the input of one case: the same for the same seed and number on every machine.
    pub(super) fn input(&self, seed: u64, case: u64) -> Vec<u8> {
        let mut rng = Rng::new(seed ^ case.wrapping_mul(0xd134_2543_de82_ef95));
        let mut text = rng.pick(&self.texts).clone();
        // Most inputs should still be like what they were made of, and some not at all.
        for _ in 0..[0, 1, 1, 2, 3, 5, 8, 20][rng.below(8)] {
            self.change(&mut text, &mut rng);
            text.truncate(LONGEST);
        }
        text
    }

    fn change(&self, text: &mut Vec<u8>, rng: &mut Rng) {
        let at = rng.below(text.len() + 1);
        let some = |rng: &mut Rng, most: usize| 1 + rng.below(most);
        let most = [1, 4, 40, 400][rng.below(4)];
        let until = (at + some(rng, most)).min(text.len());
        match rng.below(12) {
            0 if at < text.len() => text[at] ^= 1 << rng.below(8),
            1 if at < text.len() => text[at] = interesting(rng),
            2 => text.insert(at, interesting(rng)),
            3 => drop(text.drain(at..until)),
            4 => {
                let piece = text[at..until].to_vec().repeat(some(rng, 60));
                text.splice(at..at, piece.into_iter().take(LONGEST));
            }
            5 => {
                let other = rng.pick(&self.texts);
                let from = rng.below(other.len() + 1);
                let to = (from + some(rng, 200)).min(other.len());
                text.splice(at..until, other[from..to].iter().copied());
            }
            6 => drop(text.splice(at..at, rng.pick(self.words).bytes())),
            7 => {
                // A word of the target for one that stands there.
                let (start, end) = word_at(text, at);
                text.splice(start..end, rng.pick(self.words).bytes());
            }
            8 => {
                let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let (a, b) = (rng.below(lines.len()), rng.below(lines.len()));
                match rng.below(3) {
                    0 => lines.swap(a, b),
                    1 => drop(lines.remove(a)),
                    _ => lines.insert(b, lines[a].clone()),
                }
                *text = lines.join(&b'\n');
            }
            9 => text.truncate(at),
            10 => {
                let numbers = ["0", "00", "-1", "4294967295", "4294967296", "18446744073709551616", "1e9"];
                let (start, end) = run_at(text, at, |byte| byte.is_ascii_digit());
                text.splice(start..end, rng.pick(&numbers).bytes());
            }
            _ => drop(text.splice(at..at, [0xc3, 0xa9].repeat(some(rng, 3)))),
        }
    }
}

/// A byte that stands for something, or any.
fn interesting(rng: &mut Rng) -> u8 {
    match rng.below(3) {
        0 => *rng.pick(b"\0\t\n\r \"#&'()*+,-./0:;<=>?@[\\]^_`{|}~\x7f\x80\xc3\xff\xef"),
        1 => *rng.pick(b"aAzZ09.-_~^+:"),
        _ => rng.next() as u8,
    }
}

fn word_at(text: &[u8], at: usize) -> (usize, usize) {
    run_at(text, at, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The bytes of one kind around a place.
fn run_at(text: &[u8], at: usize, is: impl Fn(u8) -> bool) -> (usize, usize) {
    let start = text[..at].iter().rposition(|byte| !is(*byte)).map_or(0, |before| before + 1);
    let end = text[at..].iter().position(|byte| !is(*byte)).map_or(text.len(), |more| at + more);
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_the_same_again_and_differ_among_each_other() {
        let seeds = Seeds { texts: vec![b"one two 3\nfour\n".to_vec(), b"five\n".to_vec()], words: &["six"] };
        let inputs: Vec<Vec<u8>> = (0..2000).map(|case| seeds.input(7, case)).collect();
        assert!((0..2000).all(|case| seeds.input(7, case) == inputs[case as usize]));
        let mut distinct = inputs.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() > 1000, "{} of 2000 inputs differ", distinct.len());
        assert!(seeds.texts.iter().all(|text| inputs.contains(text)), "some are left as they were");
        assert!(inputs.iter().all(|input| input.len() <= LONGEST));
    }
}
