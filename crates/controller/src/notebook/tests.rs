use std::process::Command;

use super::*;

fn start<'a>() -> JupyterStart<'a> {
    JupyterStart {
        base_url: "/w/nb-1/",
        root_dir: "/home/jovyan",
        preferred_dir: "/home/jovyan/it's here",
        image: "base",
        environment: "d1",
        safe_mode: false,
    }
}

/// What the program is asked, as bash hands it over.
fn asked(start: &JupyterStart<'_>) -> serde_json::Value {
    let script = jupyter_script(start);
    let (_, last) = script.trim_end().rsplit_once('\n').unwrap();
    let words = last.strip_prefix("exec ").unwrap();
    let said = Command::new("bash").args(["-c", &format!("printf '%s\\n' {words}")]).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let words: Vec<&str> = said.lines().collect();
    let (asked, program) = words.split_last().unwrap();
    assert_eq!(program, ["/opt/portico/environment/bin/python", "-I", "-S", START_TARGET, "prepare"]);
    serde_json::from_str(asked).unwrap()
}

#[test]
fn the_script_is_bash_and_the_program_arrives_whole() {
    let script = jupyter_script(&start());
    assert!(Command::new("bash").args(["-n", "-c", &script]).status().unwrap().success());
    let (before, _) = script.rsplit_once("\nexec ").unwrap();
    let place = std::env::temp_dir().join(format!("portico-program-{}", std::process::id()));
    fs_err::create_dir_all(&place).unwrap();
    let written = before.replace("/run/portico", place.to_str().unwrap());
    let done = Command::new("bash").args(["-ec", &written]).status().unwrap();
    let read = |name: &str| fs_err::read_to_string(place.join(name)).unwrap();
    let program = read("jupyter.py").replace(place.to_str().unwrap(), "/run/portico");
    let extension = read("jupyter/labextensions/portico-reconnect/main.js");
    let package = read("jupyter/labextensions/portico-reconnect/package.json");
    fs_err::remove_dir_all(&place).unwrap();
    assert!(done.success());
    assert_eq!((program.as_str(), extension.as_str()), (START, RECONNECT));
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    assert_eq!(
        (&package["name"], &package["jupyterlab"]["_build"]["load"]),
        (&"portico-reconnect".into(), &"main.js".into())
    );
}

#[test]
fn the_options_say_where_and_how() {
    let asked = asked(&start());
    let options: Vec<&str> =
        asked["options"].as_array().unwrap().iter().map(|option| option.as_str().unwrap()).collect();
    for wanted in [
        "--ServerApp.sock=/run/portico/http.sock",
        "--ServerApp.base_url=/w/nb-1/",
        "--ServerApp.root_dir=/home/jovyan",
        "--ServerApp.preferred_dir=/home/jovyan/it's here",
        "--IdentityProvider.token=",
    ] {
        assert!(options.contains(&wanted), "{wanted} is missing: {options:?}");
    }
    assert_eq!((&asked["safe_mode"], &asked["environment"]), (&false.into(), &"d1".into()));
}

#[test]
fn any_shell_can_read_the_script_of_a_container() {
    let script = container_jupyter_script(&JupyterStart { image: "a b$(id)'", ..start() });
    for shell in ["bash", "sh"] {
        assert!(Command::new(shell).args(["-n", "-c", &script]).status().unwrap().success(), "{shell}");
    }
    assert!(script.contains("\npackages=\"$HOME\"/.portico/python/a_b__id__\n"), "{script}");
    assert!(script.contains("'--ServerApp.preferred_dir=/home/jovyan/it'\\''s here'"), "{script}");
    let safe = container_jupyter_script(&JupyterStart { safe_mode: true, ..start() });
    assert!(safe.contains("\npackages=\n"), "{safe}");
}

#[test]
fn an_images_name_stays_one_folder() {
    for (image, folder) in
        [("base", "base"), ("../../etc", "______etc"), ("a b$(id)'", "a_b__id__"), ("Ü", "_")]
    {
        assert_eq!(asked(&JupyterStart { image, ..start() })["packages"], folder);
    }
}
