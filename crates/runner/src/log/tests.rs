use proptest::prelude::*;

use super::flood::{FloodGate, MOST_LAST_WORDS, Verdict};
use super::mask::MASK;
use super::{INDEX_FILE, LOG_FILE, LONGEST_LINE, LogReader, LogWriter, Masker, close_orphaned};
use std::time::Duration;

fn written(dir: &std::path::Path, text: &[u8]) -> LogWriter {
    let mut writer = LogWriter::create(dir).unwrap();
    let (taken, outcome) = writer.append(text, 1_000);
    outcome.unwrap();
    assert_eq!(taken, text.len());
    writer
}

async fn texts(reader: &LogReader) -> Vec<String> {
    reader.lines(0, 10_000).await.unwrap().lines.into_iter().map(|line| line.text).collect()
}

#[tokio::test]
async fn a_million_lines_are_read_at_random() {
    let dir = tempfile::tempdir().unwrap();
    let text: String = (0..1_000_000).map(|line| format!("line {line}\n")).collect();
    written(dir.path(), text.as_bytes()).finish(2_000).unwrap();
    let reader = LogReader::new(dir.path());
    for number in [0, 1, 499_999, 765_432, 999_999] {
        let page = reader.lines(number, 2).await.unwrap();
        assert_eq!((page.total, page.complete), (1_000_000, true));
        assert_eq!(
            (page.lines[0].number, page.lines[0].text.as_str()),
            (number, format!("line {number}").as_str())
        );
    }
    assert!(reader.lines(1_000_000, 5).await.unwrap().lines.is_empty());
    assert!(reader.lines(u64::MAX, usize::MAX).await.unwrap().lines.is_empty());
    let found = reader.search("line 99999", 0, 20).await.unwrap();
    assert_eq!(
        found.lines.iter().map(|line| line.number).collect::<Vec<_>>(),
        [99_999, 999_990, 999_991, 999_992, 999_993, 999_994, 999_995, 999_996, 999_997, 999_998, 999_999]
    );
}

#[tokio::test]
async fn what_the_index_misses_is_found() {
    let dir = tempfile::tempdir().unwrap();
    drop(written(dir.path(), b"one\ntwo\nthree\nfour"));
    let index = dir.path().join(INDEX_FILE);
    for records in [0, 1, 2, 3, 4] {
        // A crash may also tear a record.
        let whole = fs_err::read(&index).unwrap();
        fs_err::write(&index, &whole[..(records * 16 + 5).min(whole.len())]).unwrap();
        let reader = LogReader::new(dir.path());
        assert_eq!(texts(&reader).await, ["one", "two", "three", "four"], "with {records} records");
        fs_err::write(&index, &whole).unwrap();
    }
    fs_err::write(&index, &fs_err::read(&index).unwrap()[..21]).unwrap();
    close_orphaned(dir.path(), 3_000).unwrap();
    close_orphaned(dir.path(), 4_000).unwrap();
    let page = LogReader::new(dir.path()).lines(2, 5).await.unwrap();
    assert!(page.complete);
    assert_eq!(page.lines.into_iter().map(|line| line.text).collect::<Vec<_>>(), ["three", "four"]);
}

#[tokio::test]
async fn long_lines_are_cut_into_pages_between_characters() {
    let dir = tempfile::tempdir().unwrap();
    let long = format!("{}é{}\nshort\n", "a".repeat(LONGEST_LINE - 1), "b".repeat(LONGEST_LINE));
    written(dir.path(), long.as_bytes());
    let lines = texts(&LogReader::new(dir.path())).await;
    assert_eq!(
        lines.iter().map(|line| line.chars().count()).collect::<Vec<_>>(),
        [LONGEST_LINE, LONGEST_LINE, 5]
    );
    assert!(lines.iter().all(|line| !line.contains('\u{fffd}')));
    assert_eq!(fs_err::read(dir.path().join(LOG_FILE)).unwrap(), long.as_bytes());
}

proptest! {
    #[test]
    fn lines_are_the_same_however_they_were_written(
        pieces in prop::collection::vec(prop::collection::vec(prop::sample::select(vec![b'a', b'\n', 0xc3, 0xa9]), 0..9), 0..9),
        long in 0..3_usize,
    ) {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut pieces = pieces;
        for nth in 0..long {
            pieces.insert(nth.min(pieces.len()), vec![b'x'; LONGEST_LINE - 2 + nth]);
        }
        let mut writer = LogWriter::create(dir.path()).unwrap();
        for piece in &pieces {
            writer.append(piece, 5).1.unwrap();
        }
        let whole = pieces.concat();
        written(other.path(), &whole);
        let index = |dir: &std::path::Path| fs_err::read(dir.join(INDEX_FILE)).unwrap().as_chunks::<16>().0.iter().map(|record| record[..8].to_vec()).collect::<Vec<_>>();
        prop_assert_eq!(index(dir.path()), index(other.path()));
        // A reader without any index comes to the same.
        fs_err::remove_file(other.path().join(INDEX_FILE)).unwrap();
        let contents = super::reader::Contents::open(other.path()).unwrap();
        let recovered: Vec<_> = contents.recovered().iter().map(|(start, _)| start.to_le_bytes().to_vec()).collect();
        prop_assert_eq!(index(dir.path()), recovered);
    }

    #[test]
    fn masking_does_not_depend_on_how_output_is_cut(
        words in prop::collection::vec(prop::sample::select(vec!["secret-one", "secret", "sec", "one", "-", "two words", "two", " words", "ptk_", "abcdefgh", "\n", "."]), 0..12),
        cuts in prop::collection::vec(0..80_usize, 0..8),
    ) {
        let text = words.concat();
        let mask = |pieces: &[&[u8]]| {
            let mut masker = Masker::new(["secret-one", "two words", "one-secret"]).unwrap();
            let mut out = Vec::new();
            for piece in pieces {
                masker.feed(piece, &mut out);
            }
            masker.finish(&mut out);
            String::from_utf8(out).unwrap()
        };
        let mut cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut <= text.len()).chain([0, text.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
        let masked = mask(&pieces);
        prop_assert_eq!(&masked, &mask(&[text.as_bytes()]), "{}", text);
        prop_assert!(!masked.contains("secret-one") && !masked.contains("two words"), "{} from {}", masked, text);
    }

    #[test]
    fn a_gate_loses_no_byte_uncounted(sizes in prop::collection::vec((0..300_usize, 0..400_u64), 1..40)) {
        let mut gate = FloodGate::new(1000, 500, Duration::ZERO);
        let (mut now, mut given, mut passed, mut told) = (Duration::ZERO, 0, 0, 0);
        for (size, wait) in sizes {
            now += Duration::from_millis(wait);
            let piece: Vec<u8> = (0..size).map(|nth| if nth % 7 == 6 { b'\n' } else { b'x' }).collect();
            given += piece.len() as u64;
            match gate.judge(&piece, now) {
                Verdict::Pass(bytes) | Verdict::Cut(bytes) => passed += bytes.len() as u64,
                Verdict::Drop => {}
                Verdict::Resume(dropped, bytes) => {
                    told += dropped.bytes;
                    passed += bytes.len() as u64;
                }
            }
        }
        if let Some((dropped, last_words)) = gate.finish() {
            told += dropped.bytes + last_words.len() as u64;
        }
        prop_assert_eq!(given, passed + told);
        prop_assert!(u128::from(passed) <= 500 + now.as_millis());
    }

    #[test]
    fn the_last_lines_pass_a_gate_whatever_was_dropped(
        sizes in prop::collection::vec((1..9000_usize, 0..200_u64), 1..30),
        ending in prop::sample::select(vec!["", "\n", "\nlast but one\nlast", "\nlast but one\nlast\n"]),
    ) {
        let mut gate = FloodGate::new(1000, 500, Duration::ZERO);
        let (mut now, mut given, mut shown) = (Duration::ZERO, Vec::new(), Vec::new());
        let pieces = sizes.iter().map(|(size, wait)| {
            let piece: Vec<u8> = (0..*size).map(|nth| if nth % 50 == 49 { b'\n' } else { b'x' }).collect();
            (piece, *wait)
        });
        for (piece, wait) in pieces.chain([(ending.as_bytes().to_vec(), 0)]) {
            now += Duration::from_millis(wait);
            given.extend_from_slice(&piece);
            match gate.judge(&piece, now) {
                Verdict::Pass(bytes) | Verdict::Cut(bytes) | Verdict::Resume(_, bytes) => shown.extend_from_slice(bytes),
                Verdict::Drop => {}
            }
        }
        if let Some((dropped, last_words)) = gate.finish() {
            prop_assert!(given.ends_with(&last_words));
            if dropped.bytes > MOST_LAST_WORDS as u64 {
                // All the whole lines that there is room for.
                let from = given.len() - MOST_LAST_WORDS;
                let newline = given[from - 1..].iter().position(|byte| *byte == b'\n');
                prop_assert_eq!(last_words.len(), newline.map_or(0, |newline| MOST_LAST_WORDS - newline));
            }
            shown.extend_from_slice(&last_words);
        }
        prop_assert!(shown.ends_with(ending.trim_start().as_bytes()));
    }
}

#[test]
fn short_values_are_not_masked() {
    let mut masker = Masker::new(["1", "", "abc", "long enough"]).unwrap();
    let mut out = Vec::new();
    masker.feed(b"1 abc long enough", &mut out);
    masker.finish(&mut out);
    assert_eq!(out, [b"1 abc ", MASK].concat());
}

#[test]
fn a_token_without_end_is_masked_without_end() {
    let mut masker = Masker::new([]).unwrap();
    let mut out = Vec::new();
    masker.feed(b"a ptk_", &mut out);
    for _ in 0..100 {
        masker.feed(b"0123456789", &mut out);
    }
    masker.feed(b" b", &mut out);
    masker.finish(&mut out);
    assert_eq!(out, b"a *** b");
}

#[tokio::test]
async fn the_record_of_the_end_completes_a_log() {
    let dir = tempfile::tempdir().unwrap();
    drop(written(dir.path(), b"one\n"));
    assert!(!LogReader::new(dir.path()).lines(0, 1).await.unwrap().complete);
    fs_err::write(dir.path().join("exit.json"), "{}").unwrap();
    assert!(LogReader::new(dir.path()).lines(0, 1).await.unwrap().complete);
}
