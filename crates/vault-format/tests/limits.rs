//! Texts that are large, deep, or grow.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]
#![expect(clippy::print_stdout, reason = "shown with --nocapture, to compare times")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use vault_format::{Format, MAX_BYTES, MAX_DEPTH, MAX_PATH, merge, read, to_json};

/// Far more than it takes without optimisation on a busy machine; what is quadratic takes minutes.
const SOON: Duration = Duration::from_secs(10);

fn timed(what: &str, text: &str, format: Format) -> bool {
    let start = Instant::now();
    let good = match read(text.as_bytes(), format) {
        Ok(vault) => {
            let settings = merge(&[(1, &vault.root), (2, &vault.root)]);
            !to_json(&vault.root).is_empty() && !settings.is_empty()
        }
        Err(problems) => {
            println!("{what}: {}", problems[0].message);
            false
        }
    };
    let time = start.elapsed();
    println!("{what}: {} bytes, {time:?}", text.len());
    assert!(time < SOON, "{what} took {time:?}");
    good
}

/// A text of as many bytes as may be.
fn full(mut line: impl FnMut(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0.. {
        let line = line(number);
        if text.len() + line.len() > MAX_BYTES {
            break;
        }
        text.push_str(&line);
    }
    text
}

#[test]
fn large_texts_are_read_soon() {
    let lines: String = (0..10_000).map(|n| format!("sdk.key{n}: value {n}\n")).collect();
    let references =
        full(|n| if n == 0 { "key: x\n".to_owned() } else { format!("key{n}: ${{key}} and more\n") });
    let entries = full(|n| format!("\"key{n}\": \"value {n}\", "));
    let json = format!("{{{}}}", entries[..MAX_BYTES - 100].rsplit_once(", ").unwrap().0);
    for (what, text, format) in [
        ("10,000 lines", lines, Format::Hocon),
        ("settings", full(|n| format!("block{} {{ key{n}: \"value {n}\" }}\n", n % 100)), Format::Hocon),
        ("references", references, Format::Hocon),
        ("one line", full(|n| format!("k{n}:\t\"a\tb\",")), Format::Hocon),
        ("one key", full(|_| "a: \"value\"\n".to_owned()), Format::Hocon),
        ("one block", full(|n| format!("a {{ k{n}: \"a longer value\" }}\n")), Format::Hocon),
        ("yaml", full(|n| format!("key{n}: value {n}\n")), Format::Yaml),
        ("json", json, Format::Json),
    ] {
        assert!(timed(what, &text, format), "{what} was not read");
    }
}

#[test]
fn texts_without_an_end_are_refused_soon() {
    for (what, unit) in [
        ("braces", "a{"),
        ("brackets", "["),
        ("quotes", "\""),
        ("backslashes", "\\"),
        ("substitutions", "${"),
        ("open keys", "a\n"),
        ("commas", ",\n"),
        ("hashes", "#\n,"),
        ("spaces", " \t"),
        ("continued", "a: \\\n"),
        ("digits", "1"),
    ] {
        for start in ["", "a: ", "a: ["] {
            let text = start.to_owned() + &unit.repeat(400_000 / unit.len());
            for format in [Format::Hocon, Format::Json, Format::Yaml] {
                timed(&format!("{start}{what:?} as {}", format.as_str()), &text, format);
            }
        }
    }
}

/// Line and message of the first problem.
fn refused(text: &str, format: Format) -> (usize, String) {
    let start = Instant::now();
    let problem = read(text.as_bytes(), format).unwrap_err().swap_remove(0);
    assert!(start.elapsed() < SOON);
    (problem.line, problem.message)
}

#[test]
fn what_grows_is_refused() {
    let mut text = "a0: xxxxxxxxxx\n".to_owned();
    let mut list = "a0: [1, 1]\n".to_owned();
    let mut blocks = "a0: {x: 1}\n".to_owned();
    let mut yaml = "a0: &a0 [1, 1]\n".to_owned();
    for n in 1..60 {
        let below = n - 1;
        writeln!(text, "a{n}: ${{a{below}}}${{a{below}}}").unwrap();
        writeln!(list, "a{n}: ${{a{below}}} ${{a{below}}}").unwrap();
        writeln!(blocks, "a{n}: {{x: ${{a{below}}}, y: ${{a{below}}}}}").unwrap();
        writeln!(yaml, "a{n}: &a{n} [*a{below}, *a{below}]").unwrap();
    }
    for (bomb, format) in
        [(&text, Format::Hocon), (&list, Format::Hocon), (&blocks, Format::Hocon), (&yaml, Format::Yaml)]
    {
        let (_, message) = refused(bomb, format);
        assert!(message.contains("grows too large"), "{message}");
    }
    // The same in the other order has to go down before it can come up.
    let reversed: String = text.lines().rev().map(|line| format!("{line}\n")).collect();
    assert!(refused(&reversed, Format::Hocon).1.contains("grows too large"));
    assert!(
        refused(&full(|_| "x,".to_owned()).replacen("x,x,", "a: [", 1), Format::Hocon).1.contains("values")
    );
    assert!(refused(&"a".repeat(MAX_BYTES + 1), Format::Hocon).1.contains("2 MiB"));
}

#[test]
fn long_rows_of_references() {
    let row = |length: usize| "a: ${?a}x\n".repeat(length);
    assert!(timed("self-appends", &row(1000), Format::Hocon));
    assert!(refused(&row(20_000), Format::Hocon).1.contains("grows too large"));
    let forward: String = (1..5000).map(|n| format!("a{n}: ${{a{}}}\n", n - 1)).collect();
    assert!(timed("in order", &format!("a0: 1\n{forward}"), Format::Hocon));
    let backward: String = (1..5000).map(|n| format!("a{}: ${{a{n}}}\n", n - 1)).collect();
    let (_, message) = refused(&format!("{backward}a4999: 1\n"), Format::Hocon);
    assert!(message.contains("too long a row"), "{message}");
    let nested: String = (1..5000).map(|n| format!("a{}: [{{x: [[[[${{a{n}}}]]]]}}]\n", n - 1)).collect();
    assert!(refused(&format!("{nested}a4999: 1\n"), Format::Hocon).1.contains("too long a row"));
    let circle: String = (0..5000).map(|n| format!("a{n}: ${{a{}}}\n", (n + 1) % 5000)).collect();
    refused(&circle, Format::Hocon);
}

#[test]
fn depth_is_that_of_the_client() {
    for (open, format) in
        [("a {", Format::Hocon), ("a: {", Format::Hocon), ("{\"a\":", Format::Json), ("{a: ", Format::Yaml)]
    {
        // The brace around all of a text in JSON or YAML is none of a block in it.
        let (end, outer) = if format == Format::Hocon { ("b: 1", 0) } else { ("1", 1) };
        let nested =
            |depth: usize| format!("{}{end}{}", open.repeat(depth + outer), "}".repeat(depth + outer));
        assert!(read(nested(MAX_DEPTH).as_bytes(), format).is_ok(), "{open}");
        assert!(refused(&nested(MAX_DEPTH + 1), format).1.contains("deep"), "{open}");
        assert!(refused(&nested(10_000), format).1.contains("deep"), "{open}");
    }
    for end in ["", "1", "${x}"] {
        assert!(
            refused(&format!("{}a: {end}", "a.".repeat(MAX_BYTES / 2 - 10)), Format::Hocon)
                .1
                .contains("deep")
        );
    }
    let long = format!("{}: {{ x: 1\n y: ${{x}} }}", "k".repeat(MAX_PATH));
    assert!(refused(&long, Format::Hocon).1.len() < 1000);
    assert!(refused(&long.replace("${x}", "2"), Format::Hocon).1.contains("bytes"));
    assert!(refused(&format!("{}: 1", vec!["a"; 100].join(".")), Format::Hocon).1.contains("deep"));
    let grown = format!(
        "a: {}1{}\nb: {}${{a}}{}\n",
        "{x:".repeat(20),
        "}".repeat(20),
        "{x:".repeat(20),
        "}".repeat(20)
    );
    assert!(refused(&grown, Format::Hocon).1.contains("deep"));
}
