use super::{Recipe, builtin_images};

fn recipe(requirements: &[&str]) -> Recipe {
    Recipe {
        python: ">=3.10".into(),
        requirements: requirements.iter().map(|text| (*text).to_owned()).collect(),
        ..Recipe::default()
    }
}

#[test]
fn built_in_images_can_be_built() {
    let images = builtin_images();
    assert_eq!(
        images.iter().map(|image| image.name.as_str()).collect::<Vec<_>>(),
        ["base", "data-science", "pytorch-cpu", "tensorflow-cpu"]
    );
    for image in images {
        image.recipe().check().unwrap();
        let locked = image.recipe().requirements;
        assert!(locked.len() > 50);
        for requirement in &image.requirements {
            assert!(requirement.contains("=="), "{requirement} is not pinned");
            assert!(
                locked.iter().any(|line| line == requirement || line.starts_with(&format!("{requirement} "))),
                "{requirement}"
            );
        }
    }
}

#[test]
fn usual_requirements_pass() {
    let usual = [
        "six",
        "idna==3.10",
        "pandas>=2,<3",
        "dask[array, diagnostics]~=2026.1",
        "torch==2.9.1+cpu",
        "x!=1.*",
        "a (>=1)",
        "tomli==2.5.0 ; python_full_version < '3.11'",
        "b; sys_platform == \"linux\" and python_version in '3.10, 3.11'",
    ];
    recipe(&usual).check().unwrap();
}

#[test]
fn nothing_else_passes() {
    let strange = [
        "-r /etc/passwd",
        "--index-url=http://evil",
        "-e .",
        "./local",
        "/etc/passwd",
        "../x",
        "x @ file:///etc/passwd",
        "x@http://evil/x.whl",
        "http://evil/x.whl",
        "git+https://evil/x",
        "x # comment",
        "x \\",
        "${HOME}",
        "x==${HOME}",
        "x; os.system('x') | true",
        "x==1; ",
        "x[",
        "x[$y]",
        "x y",
        "=1",
        "x==1 --hash=sha256:00",
        "x>1 -r y",
        "x.whl/",
        "ü",
    ];
    for requirement in strange {
        assert!(recipe(&[requirement]).check().is_err(), "{requirement} passes");
    }
    // A line break would make one requirement two lines of a file; it is a space like any other.
    assert_eq!(recipe(&["six\n-r x"]).requirements_file(), "six -r x\n");
    for python in ["", "-", "3.12; x", "../python", "python3", "--help"] {
        assert!(Recipe { python: python.into(), ..Recipe::default() }.check().is_err(), "{python:?} passes");
    }
}

#[test]
fn a_digest_names_content() {
    let digest = recipe(&["six", "idna >= 3"]).digest();
    assert_eq!(digest, recipe(&["idna  >= 3 ", "", "six", "six"]).digest());
    assert_ne!(digest, recipe(&["six"]).digest());
    assert_ne!(digest, Recipe { revision: 1, ..recipe(&["six", "idna >= 3"]) }.digest());
    assert_ne!(digest, Recipe { python: ">=3.11".into(), ..recipe(&["six", "idna >= 3"]) }.digest());
    let of_torch = Recipe { torch_backend: "cpu".into(), ..recipe(&["six", "idna >= 3"]) };
    assert_ne!(digest, of_torch.digest());
    assert_eq!(digest.len(), 64);
}
