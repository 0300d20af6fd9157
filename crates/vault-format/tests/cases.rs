//! What people do with a vault, and what they are told.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

use vault_format::{Format, Problem, Value, Vault, environment, merge, read, to_json};

fn hocon(text: &str) -> Vault {
    read(text.as_bytes(), Format::Hocon).unwrap()
}

fn refused(text: &str, format: Format) -> Problem {
    read(text.as_bytes(), format).unwrap_err().swap_remove(0)
}

/// The value at a path without quotes.
fn at(vault: &Vault, path: &str) -> Value {
    let settings = merge(&[((), &vault.root)]);
    settings.into_iter().find(|setting| setting.path == path).unwrap().value
}

fn text(vault: &Vault, path: &str) -> String {
    at(vault, path).as_typed().unwrap().to_owned()
}

/// Line and message of the only warning.
fn warning(text: &str) -> (usize, String) {
    let warnings = hocon(text).warnings;
    assert_eq!(warnings.len(), 1, "{text}: {warnings:?}");
    (warnings[0].line, warnings[0].message.clone())
}

#[test]
fn a_byte_order_mark_and_crlf_do_no_harm() {
    let typed = "\u{feff}# my settings\r\nsdk {\r\n  development.default_output_uri: \"s3://lab-bucket/out\"\r\n  \
                 aws.s3.region: \"eu-central-1\"\r\n}\r\n";
    let vault = hocon(typed);
    assert_eq!(text(&vault, "sdk.development.default_output_uri"), "s3://lab-bucket/out");
    assert_eq!(text(&vault, "sdk.aws.s3.region"), "eu-central-1");
    assert!(vault.warnings.is_empty() && !to_json(&vault.root).contains(['\u{feff}', '\r']));
    let yaml = read("\u{feff}sdk:\r\n  a: x\r\n".as_bytes(), Format::Yaml).unwrap();
    assert_eq!(to_json(&yaml.root), r#"{"sdk": {"a": "x"}}"#);
    assert_eq!(to_json(&read("\u{feff}{\"a\": 1}".as_bytes(), Format::Json).unwrap().root), r#"{"a": 1}"#);
}

#[test]
fn a_password_with_a_hash_or_a_dollar() {
    let (line, message) = warning("agent {\n  git_user: robot\n  git_pass: abc#def\n}\n");
    assert!(line == 3 && message.contains("ends at the #"), "{line}: {message}");
    assert!(hocon("a: abc # a comment\nb: [x,#c\n]").warnings.is_empty());
    let problem = refused("agent.git_user: robot\nagent.git_pass: pa$word\n", Format::Hocon);
    assert_eq!((problem.line, problem.column), (2, 19));
    let quoted =
        "agent.git_pass: \"abc#def\"\nenvironment.DB_PASS: \"pa$word\"\nenvironment.TEMPLATE: \"${x}\"\n";
    let vault = hocon(quoted);
    assert_eq!(text(&vault, "agent.git_pass"), "abc#def");
    assert_eq!(text(&vault, "environment.DB_PASS"), "pa$word");
    assert_eq!(text(&vault, "environment.TEMPLATE"), "${x}");
    assert!(vault.warnings.is_empty());
}

#[test]
fn a_windows_path() {
    let key = "sdk.storage.cache.default_base_dir";
    let read = |value: &str| hocon(&format!("{key}: {value}\n"));
    let broken = read(r#""C:\new\temp""#);
    assert_eq!(text(&broken, key), "C:\new\temp");
    assert!(broken.warnings[0].message.contains("line end and a tab"));
    for (typed, means) in [
        (r#""C:\\new\\temp""#, r"C:\new\temp"),
        (r#""""C:\new\temp""""#, r"C:\new\temp"),
        (r#""C:/new/temp""#, "C:/new/temp"),
    ] {
        let vault = read(typed);
        assert_eq!((text(&vault, key).as_str(), vault.warnings.len()), (means, 0));
    }
}

#[test]
fn nothing_is_included() {
    for typed in [
        "include \"portico.toml\"",
        "a { include file(\"/etc/hostname\") }",
        "include url(\"http://127.0.0.1:9/x.conf\")",
        "include classpath(\"a.conf\")",
        "include required(file(\"../secrets.conf\"))",
        "INCLUDE\t\"x\"",
        "a: include \"x\"",
        "a: [1, include file(\"x\")]",
        "a: text include \"x\"",
    ] {
        let problem = refused(&format!("\n{typed}\n"), Format::Hocon);
        assert_eq!(
            (problem.line, problem.message.contains("include anything")),
            (2, true),
            "{typed}: {problem:?}"
        );
    }
    for typed in
        ["\"include\": 1", "include: 1", "include_paths: [ \"src\" ]", "a: include this", "include.b: 1"]
    {
        assert!(hocon(typed).warnings.is_empty(), "{typed}");
    }
}

#[test]
fn references_within_the_vault() {
    let vault = hocon(
        "environment { AWS_ACCESS_KEY_ID: AKEXAMPLE1 }\nsdk.aws.s3 {\n  key: ${environment.AWS_ACCESS_KEY_ID}\n  \
         region: eu-west-1\n  region: ${?lab.region}\n}\nroot: /opt/tools\nagent.extra: [ ${root}, ${root}\"/bin\" ]\n",
    );
    assert_eq!(text(&vault, "sdk.aws.s3.key"), "AKEXAMPLE1");
    assert_eq!(text(&vault, "sdk.aws.s3.region"), "eu-west-1");
    let both = ["/opt/tools", "/opt/tools/bin"].map(|path| Value::Text(path.to_owned()));
    assert_eq!(at(&vault, "agent.extra"), Value::List(both.to_vec()));
    assert!(vault.warnings.is_empty());

    let cycle = refused("a: ${b}\nb: ${a}\n", Format::Hocon);
    assert!(cycle.message.contains("a (line 1) refers to b, b (line 2) refers to a"), "{cycle:?}");
    let all = read(b"a: ${HOME}\nb: x\nc: ${no.where}\n", Format::Hocon).unwrap_err();
    assert_eq!(all.iter().map(|problem| problem.line).collect::<Vec<_>>(), [1, 3]);
    assert!(all[0].message.contains("defined nowhere in this vault"));
    let (line, message) = warning("a: 1\nb: ${?PATH}\n");
    assert!(line == 2 && message.contains("not read"), "{message}");
}

#[test]
fn the_environment_is_text_as_typed() {
    let vault = hocon(
        "sdk.apply_environment: true\nenvironment {\n  DEBUG: 0\n  USE_GPU: false\n  VERBOSE: true\n  VERSION: 3.10\n  \
         RETRIES: 3\n  EMPTY: \"\"\n  NOTHING: null\n}\n",
    );
    let expected = [
        ("DEBUG", "0"),
        ("USE_GPU", "false"),
        ("VERBOSE", "true"),
        ("VERSION", "3.10"),
        ("RETRIES", "3"),
        ("EMPTY", ""),
        ("NOTHING", ""),
    ];
    assert_eq!(environment(&vault.root), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let served: serde_json::Value = serde_json::from_str(&to_json(&vault.root)).unwrap();
    for (name, value) in expected {
        assert_eq!(served["environment"][name], value);
    }
    assert_eq!(served["sdk"]["apply_environment"], true);
    for wrong in ["A: [1]", "A { B: 1 }", "\"MY-VAR\": 1", "1A: 1", "A.B: 1"] {
        assert_eq!(refused(&format!("environment {{\n{wrong}\n}}"), Format::Hocon).line, 2, "{wrong}");
    }
    assert_eq!(refused("\nenvironment: [1]", Format::Hocon).line, 2);
}

#[test]
fn slips_are_refused_by_line() {
    let brace = refused("# hocon brace\nsdk {\n  a: 1\n", Format::Hocon);
    assert!(brace.line == 2 && brace.message.contains("not closed"), "{brace:?}");
    let (line, message) = warning("# hocon single\nregion: 'eu west'\n");
    assert!(line == 2 && message.contains("part of the value"), "{message}");
    assert_eq!(to_json(&hocon("# hocon commas\na: [1,, 2]\n").root), r#"{"a": [1, 2]}"#);
    let tab = refused("# yaml tab\nsdk:\n\tregion: x\n", Format::Yaml);
    assert!(tab.line == 3 && tab.message.contains("tab"), "{tab:?}");
    let comment = refused("// json comment\n{\"a\": 1}\n", Format::Json);
    assert!(comment.line == 1 && comment.message.contains("HOCON"), "{comment:?}");
    for (text, format) in
        [("# hocon list\n[1, 2]\n", Format::Hocon), ("\n[1]", Format::Json), ("- 1\n", Format::Yaml)]
    {
        assert!(refused(text, format).message.contains("a map of settings"));
    }
    assert_eq!(refused("# hocon list\n[1, 2]\n", Format::Hocon).line, 2);
    let bad = read(b"a: 1\nb: \"x\xff\"\n", Format::Hocon).unwrap_err();
    assert_eq!((bad[0].line, bad[0].column), (2, 6));
}

#[test]
fn a_whole_clearml_conf() {
    let vault = hocon(include_str!("corpus/whole-case.conf"));
    assert_eq!(text(&vault, "sdk.development.default_output_uri"), "s3://store.example.org:80/clearml");
    let Value::List(credentials) = at(&vault, "sdk.aws.s3.credentials") else { panic!() };
    let [Value::Map(entry)] = credentials.as_slice() else { panic!() };
    assert_eq!(entry.get("host").unwrap().as_typed(), Some("store.example.org:80"));
    assert_eq!(entry.get("secure").unwrap().as_typed(), Some("false"));
    assert_eq!((vault.warnings.len(), vault.warnings[0].line), (1, 2));
    assert!(vault.warnings[0].message.contains("secret"));
}

#[test]
fn lists_replace_blocks_merge_and_null_wins() {
    let platform = hocon("sdk.aws.s3 { region: \"eu-west-1\", use_credentials_chain: true }\n");
    let group = "sdk:\n  aws:\n    s3:\n      credentials:\n        - {bucket: lab-a, key: KA, secret: SA}\n";
    let group = read(group.as_bytes(), Format::Yaml).unwrap();
    let person =
        r#"{"sdk": {"aws": {"s3": {"region": null, "credentials": [{"bucket": "lab-b", "key": "KB"}]}}}}"#;
    let person = read(person.as_bytes(), Format::Json).unwrap();
    let settings = merge(&[("platform", &platform.root), ("group", &group.root), ("person", &person.root)]);
    let brief: Vec<_> =
        settings.iter().map(|s| (s.path.as_str(), s.layer, s.line, s.hides.as_slice())).collect();
    assert_eq!(
        brief,
        [
            ("sdk.aws.s3.region", "person", 1, [("platform", 1)].as_slice()),
            ("sdk.aws.s3.use_credentials_chain", "platform", 1, &[]),
            ("sdk.aws.s3.credentials", "person", 1, &[("group", 4)]),
        ]
    );
    assert_eq!(settings[0].value, Value::Null);
    let one = hocon("a.b: 1\n\"c.d\": {}\n");
    let two = hocon("a: x\n");
    let three = hocon("a { b: 2, c: 3 }");
    let settings = merge(&[(1, &one.root), (2, &two.root), (3, &three.root)]);
    let brief: Vec<_> = settings.iter().map(|s| (s.path.as_str(), s.layer, s.hides.as_slice())).collect();
    let hidden = [(2, 1), (1, 1)];
    assert_eq!(brief, [("a.b", 3, hidden.as_slice()), ("a.c", 3, &hidden), ("\"c.d\"", 1, &[])]);
}

#[test]
fn what_the_client_changes_is_told() {
    for (typed, word) in [
        ("a: x 3.10", "x 3.1"),
        ("a: it is true", "True"),
        ("a: [\"\", x]", "empty text"),
        ("a: \"x\ty\"", "tab"),
        ("a: 1\na += 2", "replaces"),
        ("x { a: [1], a += [2] }", "replaces"),
        ("sdk:\n  region: x", "YAML"),
    ] {
        let (_, message) = warning(typed);
        assert!(message.contains(word), "{typed}: {message}");
    }
}

#[test]
fn formats_are_guessed() {
    for (typed, format) in [
        ("{\"a\": 1}", Format::Json),
        ("{a: 1}", Format::Hocon),
        ("{\"a\": 1} # x", Format::Hocon),
        ("sdk:\n  a: 1\n", Format::Yaml),
        ("sdk: # c\n  a: 1\n", Format::Yaml),
        ("---\na: 1\n", Format::Yaml),
        ("a: 1\n", Format::Hocon),
        ("sdk {\n  a:\n    1\n}", Format::Hocon),
        ("", Format::Hocon),
    ] {
        assert_eq!(Format::guess(typed), format, "{typed}");
    }
    assert_eq!(Format::parse("yaml"), Some(Format::Yaml));
    assert_eq!(Format::parse("YAML"), None);
}
