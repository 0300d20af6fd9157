//! From what people ask for to a recipe that can be built.

use base::error::FieldErrors;
use base::{Error, Result};
use sea_orm::ConnectionTrait;

use super::entity::Model;
use super::input::container_reference;
use super::{
    Base, BuildState, ImageKind, Owner, PackageFile, Recipe, RecipeRequest, Source, packages, store,
};

/// What an image consists of.
pub(super) enum Resolved {
    Environment { request: RecipeRequest, recipe: Recipe, digest: String },
    Container { reference: String, request: RecipeRequest },
}

impl Resolved {
    pub(super) const fn kind(&self) -> ImageKind {
        match self {
            Self::Environment { .. } => ImageKind::Environment,
            Self::Container { .. } => ImageKind::Container,
        }
    }
    pub(super) const fn request(&self) -> &RecipeRequest {
        match self {
            Self::Environment { request, .. } | Self::Container { request, .. } => request,
        }
    }
    fn environment(request: RecipeRequest, recipe: Recipe) -> Result<Self> {
        recipe.check().map_err(|error| Error::field("packages", format!("{error}.")))?;
        Ok(Self::Environment { digest: recipe.digest(), request, recipe })
    }
}

/// Checks a source and finds what it names. `revision` 0 takes an environment that is there already.
pub(super) async fn resolve<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    source: Source,
    revision: i64,
) -> Result<Resolved> {
    match source {
        Source::Container { reference } => {
            let reference =
                container_reference(&reference).map_err(|text| Error::field("reference", text))?;
            Ok(Resolved::Container { reference, request: RecipeRequest::default() })
        }
        Source::Existing { image } => existing(connection, owner, image.trim()).await,
        Source::Build { base, packages, file } => {
            let wanted = Wanted::read(&base, &packages, file.as_ref())?;
            match base {
                Base::Image(name) => on_image(connection, owner, name.trim(), wanted, revision).await,
                Base::Python(_) => {
                    let python = wanted
                        .python
                        .ok_or_else(|| Error::field("python", "Name a version of Python, such as 3.12."))?;
                    let request = RecipeRequest {
                        python: python.clone(),
                        requirements: wanted.packages.clone(),
                        ..RecipeRequest::default()
                    };
                    let recipe =
                        Recipe { python, requirements: wanted.packages, revision, ..Recipe::default() };
                    Resolved::environment(request, recipe)
                }
            }
        }
    }
}

/// The request for an image, to be resolved again.
pub(super) fn source_of(request: RecipeRequest, reference: String, kind: ImageKind) -> Source {
    if let Some(image) = request.existing {
        return Source::Existing { image };
    }
    if kind == ImageKind::Container {
        return Source::Container { reference };
    }
    Source::Build {
        base: request.base.map_or(Base::Python(request.python), Base::Image),
        packages: request.requirements,
        file: None,
    }
}

/// Packages and Python of the form and the file together.
struct Wanted {
    packages: Vec<String>,
    python: Option<String>,
    /// Whether the version is only the file's wish.
    from_file: bool,
}

impl Wanted {
    fn read(base: &Base, lines: &[String], file: Option<&PackageFile>) -> Result<Self> {
        let mut errors = FieldErrors::default();
        let lines = errors.check("packages", packages::requirements(lines.iter().map(String::as_str)));
        let typed = match base {
            Base::Python(version) if !version.trim().is_empty() => {
                errors.check("python", packages::python(version))
            }
            _ => None,
        };
        let read = file.map_or_else(|| Ok(packages::Conda::default()), read_file);
        let read = errors.check("file", read);
        let (Some(mut all), Some(read), true) = (lines, read, errors.is_empty()) else {
            return Err(errors.into_error());
        };
        if let (Some(typed), Some(wished)) = (&typed, &read.python)
            && typed != wished
        {
            let text =
                format!("The file asks for Python {wished} and the form for {typed}. Change one of them.");
            return Err(Error::field("file", text));
        }
        all.extend(read.packages);
        all.sort_unstable();
        all.dedup();
        if all.len() > packages::MOST_PACKAGES {
            let text = format!(
                "Form and file name {} packages; at most {} are taken.",
                all.len(),
                packages::MOST_PACKAGES
            );
            return Err(Error::field("packages", text));
        }
        Ok(Self { packages: all, from_file: typed.is_none(), python: typed.or(read.python) })
    }
}

/// The packages of a file; what only conda can install is an error, so that nobody misses it later.
fn read_file(file: &PackageFile) -> Result<packages::Conda, String> {
    if file.content.len() > packages::LARGEST_FILE {
        return Err(format!(
            "The file has {}; at most {} are taken.",
            base::resources::bytes(file.content.len() as u64),
            base::resources::bytes(packages::LARGEST_FILE as u64)
        ));
    }
    let name = file.name.to_lowercase();
    if !(name.ends_with(".yml") || name.ends_with(".yaml")) {
        let found = packages::requirements([file.content.as_str()])?;
        return Ok(packages::Conda { packages: found, ..packages::Conda::default() });
    }
    let conda = packages::environment_yml(&file.content)?;
    if !conda.others.is_empty() {
        let first: Vec<&str> = conda.others.iter().take(20).map(String::as_str).collect();
        let more = conda.others.len() - first.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(format!(
            "This runner installs packages with pip, not with conda. It can't install: {}{more}. Move what pip knows \
             below “pip:” and take the rest out.",
            first.join(", ")
        ));
    }
    Ok(conda)
}

async fn on_image<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    name: &str,
    wanted: Wanted,
    revision: i64,
) -> Result<Resolved> {
    let row = find(connection, owner, name, "base").await?;
    if row.kind == ImageKind::Container.as_str() {
        let text = format!("“{name}” is a container image. Packages can be added to environments only.");
        return Err(Error::field("base", text));
    }
    if wanted.packages.is_empty() {
        let text = "Name at least one package, or use the image as it is.";
        return Err(Error::field("packages", text));
    }
    let environment = store::environment(connection, &row.digest).await?;
    let state = environment.as_ref().map_or(BuildState::Queued, |row| BuildState::parse(&row.state));
    let Some(environment) = environment.filter(|_| state == BuildState::Ready) else {
        let why = match state {
            BuildState::Failed => "its build failed. Repair it first, or choose another base.",
            BuildState::Cancelled => "its build was cancelled. Rebuild it first, or choose another base.",
            _ => "it is still being built. Wait until it is ready, then try again.",
        };
        return Err(Error::field("base", format!("“{name}” can't be built upon: {why}")));
    };
    // The same Python, and every package of the base at its very version, so that all of it keeps working.
    let python = minor(&environment.python_version);
    if let Some(wished) = wanted.python.filter(|_| wanted.from_file)
        && !(python == wished || wished.starts_with(&format!("{python}.")))
        && wished.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    {
        let text = format!(
            "The file asks for Python {wished}, but “{name}” has {python}. Choose a base that has it."
        );
        return Err(Error::field("file", text));
    }
    let mut requirements: Vec<String> = environment.lock.lines().map(str::to_owned).collect();
    requirements.extend(wanted.packages.iter().cloned());
    let request = RecipeRequest {
        python: python.clone(),
        requirements: wanted.packages,
        base: Some(row.name),
        existing: None,
    };
    // What the base has of PyTorch is found where it came from only.
    let of_base: Recipe = serde_json::from_str(&environment.recipe).unwrap_or_default();
    let recipe = Recipe { python, requirements, revision, torch_backend: of_base.torch_backend };
    Resolved::environment(request, recipe)
}

async fn existing<C: ConnectionTrait>(connection: &C, owner: Owner, name: &str) -> Result<Resolved> {
    let row = find(connection, owner, name, "existing").await?;
    let request: RecipeRequest = serde_json::from_str(&row.recipe).unwrap_or_default();
    let request = RecipeRequest { base: None, existing: Some(row.name), ..request };
    if row.kind == ImageKind::Container.as_str() {
        return Ok(Resolved::Container { reference: row.reference, request });
    }
    let environment = store::environment(connection, &row.digest).await?;
    let Some(environment) = environment else {
        let text = format!("The environment of “{name}” is gone. Rebuild it first, or choose another image.");
        return Err(Error::field("existing", text));
    };
    let recipe = serde_json::from_str(&environment.recipe).unwrap_or_default();
    Ok(Resolved::Environment { request, recipe, digest: row.digest })
}

async fn find<C: ConnectionTrait>(connection: &C, owner: Owner, name: &str, field: &str) -> Result<Model> {
    if name.is_empty() {
        return Err(Error::field(field, "Choose an image."));
    }
    store::known_to_owner(connection, owner, name).await?.ok_or_else(|| {
        Error::field(field, format!("There is no image “{}” to choose here.", base::names::cut(name, 63)))
    })
}

/// `3.11` of `3.11.4`.
fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}
