//! The first process of a container, and how the workload's variables get to it.
//!
//! It is a shell script, as nothing else is sure to be in an image. It talks to the shim through three named pipes that
//! are mounted into the container, so that neither output nor exit code need the engine, which may be restarted
//! meanwhile, and no variable lies in the engine's records.

use crate::shim::ResolvedSpec;
use crate::shim::sandbox::SCRIPT_TARGET;
use crate::shim::system_files::USER;

/// Where the pipes appear.
pub(super) const PIPES_TARGET: &str = "/run/portico-shim";
/// From here come the variables, and then nothing.
pub(super) const INPUT: &str = "input";
/// Here goes what the workload prints.
pub(super) const OUTPUT: &str = "output";
/// Here goes [`BEGAN`], and then [`ENDED`] with the exit code.
pub(super) const STATUS: &str = "status";
pub(super) const BEGAN: &str = "began";
pub(super) const ENDED: &str = "ended ";

/// The script of the first process.
///
/// When the workload has ended, what it left running is killed, and the process waits to be killed itself: until then
/// its control groups tell what the workload used.
pub(super) fn first_process() -> String {
    format!(
        "ulimit -c 0\n\
         exec 9>{PIPES_TARGET}/{STATUS}\n\
         . {PIPES_TARGET}/{INPUT}\n\
         echo {BEGAN} >&9\n\
         for shell in bash sh; do command -v \"$shell\" >/dev/null 2>&1 && break; done\n\
         \"$shell\" {SCRIPT_TARGET} </dev/null >{PIPES_TARGET}/{OUTPUT} 2>&1 9>&-\n\
         echo \"{ENDED}$?\" >&9\n\
         kill -s KILL -- -1 2>/dev/null\n\
         read -r _ <{PIPES_TARGET}/{INPUT}\n"
    )
}

/// The variables as commands of a shell: what was asked for over what the image has, and what programs expect where
/// nobody says anything.
pub(super) fn variables(spec: &ResolvedSpec) -> String {
    let mut commands = String::new();
    let mut command = |line: String| {
        commands.push_str(&line);
        commands.push('\n');
    };
    for (name, value) in &spec.env {
        command(format!("export {name}={}", quoted(value)));
    }
    for (name, value) in
        [("HOME", spec.home.display().to_string()), ("USER", USER.into()), ("LOGNAME", USER.into())]
    {
        if !spec.env.contains_key(name) {
            command(format!("export {name}={}", quoted(&value)));
        }
    }
    for (name, value) in
        [("SHELL", "/bin/sh"), ("LANG", "C.UTF-8"), ("TMPDIR", "/tmp"), ("PYTHONUNBUFFERED", "1")]
    {
        command(format!("export {name}=\"${{{name}:-{value}}}\""));
    }
    commands
}

/// Whether a shell can have a variable of that name.
pub(crate) fn is_variable(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// As one word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{is_variable, variables};
    use crate::shim::ResolvedSpec;

    #[test]
    fn variables_reach_a_shell_as_they_are() {
        let mut spec = ResolvedSpec::bare("a", "true");
        let value = "it's \"$HOME\" `id`\n\\ and ünïcode";
        spec.env.insert("VALUE".into(), value.into());
        spec.home = "/home/x y".into();
        let script = format!("{}printf %s \"$VALUE|$HOME|$LANG|$SHELL\"", variables(&spec));
        let mut shell = Command::new("sh");
        let output = shell.env_clear().env("LANG", "C").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{value}|/home/x y|C|/bin/sh"));
    }

    #[test]
    fn names_are_not_commands() {
        assert!(is_variable("_A1"));
        for name in ["", "1A", "A-B", "A.B", "A;id", "Ä", "A B", "A\n"] {
            assert!(!is_variable(name), "{name}");
        }
    }
}
