//! Every text in `tests/corpus` means what the client's own parser makes of it; `make.py` there asks it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use vault_format::{Format, read, to_json};

/// `3.10` and `3.1` are the same number.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => left.as_f64() == right.as_f64(),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

#[test]
fn texts_mean_what_the_client_makes_of_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut served = BTreeMap::new();
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "conf") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let expected = std::fs::read_to_string(path.with_extension("json")).unwrap();
        let expected: Json = serde_json::from_str(&expected).unwrap();
        match read(&std::fs::read(&path).unwrap(), Format::Hocon) {
            Ok(vault) => {
                let json = to_json(&vault.root);
                if !same(&serde_json::from_str(&json).unwrap(), &expected) {
                    wrong.push(format!("{name}: {json}\nand not {expected}"));
                }
                served.insert(name, json);
            }
            Err(problems) if expected != "refused" => wrong.push(format!("{name}: {problems:?}")),
            Err(_) => {}
        }
    }
    assert!(served.len() > 40, "only {} texts were read", served.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("served.json");
    std::fs::write(file, serde_json::to_string(&served).unwrap()).unwrap();
}
