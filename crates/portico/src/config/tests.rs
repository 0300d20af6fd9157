//! What happens to good and bad configurations.

use super::*;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn config(pairs: &[(&str, &str)]) -> Result<Config, String> {
    Values::load(None, &environment(pairs))?.parse()
}

#[test]
fn nothing_is_needed() {
    let config = config(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url, "http://127.0.0.1:8080");
    assert!(matches!(config.database, DatabaseConfig::Sqlite(path) if path.ends_with("data/portico.db")));
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_a_way_out() {
    let wrong = |pairs: &[(&str, &str)]| config(pairs).unwrap_err();
    assert_eq!(
        wrong(&[("PORTICO_LOG_FORMAT", "xml")]),
        "log_format (from PORTICO_LOG_FORMAT) can't be xml: it is one of text, json."
    );
    assert_eq!(
        wrong(&[("PORTICO_LISTN", "x")]),
        "The variable PORTICO_LISTN is no setting. Did you mean “listen”?"
    );
    assert!(wrong(&[("PORTICO_LISTEN", "here")]).contains("Write it as 127.0.0.1:8080"));
    assert!(
        wrong(&[("PORTICO_DATABASE_URL", "mysql://x:hunter2@y")])
            .starts_with("database_url: Write sqlite:PATH")
    );
    assert!(
        wrong(&[("PORTICO_UV", "a"), ("PORTICO_UV_FILE", "b")])
            .contains("either PORTICO_UV or PORTICO_UV_FILE")
    );
}

#[test]
fn files_are_read_and_the_environment_wins() {
    let folder = std::env::temp_dir().join(format!("portico-config-{}", std::process::id()));
    fs_err::create_dir_all(&folder).unwrap();
    let file = folder.join("portico.toml");
    fs_err::write(
        &file,
        "listen = '0.0.0.0:80'\njob_time_limit = 60\ntrusted_proxies = ['10.0.0.1', '::1']\n",
    )
    .unwrap();
    let values = Values::load(Some(&file), &environment(&[("PORTICO_JOB_TIME_LIMIT", "90")])).unwrap();
    let config = values.parse().unwrap();
    assert_eq!(
        (config.listen.port(), config.default_time_limit_s, config.trusted_proxies.len()),
        (80, 90, 2)
    );

    let secret = folder.join("url");
    fs_err::write(&secret, "postgres://u:hunter2@h/d\n").unwrap();
    let pairs = environment(&[("PORTICO_DATABASE_URL_FILE", secret.to_str().unwrap())]);
    let values = Values::load(Some(&file), &pairs).unwrap();
    let redacted = values.redacted();
    assert!(redacted.iter().all(|(_, value, _)| !value.contains("hunter2")));
    let line = redacted.iter().find(|(setting, ..)| setting.key == "database_url").unwrap();
    assert_eq!((line.1.as_str(), line.2.as_str()), ("(hidden)", "PORTICO_DATABASE_URL_FILE"));

    fs_err::write(&file, "listen = ").unwrap();
    assert!(Values::load(Some(&file), &environment(&[])).unwrap_err().contains("is no TOML file"));
    fs_err::write(&file, "data_directory = 'x'").unwrap();
    assert!(
        Values::load(Some(&file), &environment(&[]))
            .unwrap_err()
            .contains("unknown setting “data_directory”")
    );
    fs_err::remove_dir_all(folder).unwrap();
}
