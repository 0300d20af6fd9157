//! Calls: rows of the table of routes with what OpenAPI says of them.
//!
//! A handler's `#[utoipa::path]` says what only it knows: its tag, its query, its body and its answers. Method, path, name,
//! parameters of the path and the form of errors are the row's, so that attribute's path stays empty.

use axum::handler::Handler;
use axum::http::Method;
use paths::Path;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Components, Content, OpenApi, Paths, Ref, RefOr, Required, ResponseBuilder};
use web_kit::{AnswerKind, Body, Dialect, Policy, Portal, RouteRow, RouteTable};

/// A handler with its description.
pub(crate) type Described<H> = (H, fn() -> OpenApi);

/// The handler of this name with its description.
macro_rules! described {
    ($($handler:tt)+) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($handler)+))]
        struct Call;
        ($($handler)+, <Call as utoipa::OpenApi>::openapi as fn() -> utoipa::openapi::OpenApi)
    }};
}
pub(crate) use described;

/// One method for each of HTTP's.
macro_rules! rows_of {
    ($($method:ident),+) => {$(
        pub(crate) fn $method<P: Path, H: Handler<T, Portal>, T: 'static>(
            mut self,
            path: P,
            policy: Policy,
            answer: AnswerKind,
            operation: &'static str,
            (handler, describe): Described<H>,
        ) -> Self {
            self.table = self.table.$method(path, policy, answer, operation, handler);
            self.described.push(describe);
            self
        }
    )+};
}

/// Rows and what is said of them, in the same order.
pub(crate) struct Calls {
    table: RouteTable,
    /// Made when the description is first read: what all calls say of their types is megabytes.
    described: Vec<fn() -> OpenApi>,
}

impl Calls {
    pub(crate) const fn new(dialect: Dialect) -> Self {
        Self { table: RouteTable::new(dialect), described: Vec::new() }
    }

    rows_of!(get, post, put, patch, delete);

    /// The requests of the last row carry nothing.
    pub(crate) fn without_body(mut self) -> Self {
        self.table = self.table.with_body(Body::None);
        self
    }

    pub(crate) fn into_table(self) -> RouteTable {
        self.table
    }

    /// Paths and components of all calls.
    pub(crate) fn describe_all(self) -> (Paths, Components) {
        let (mut paths, mut components) = (Paths::new(), Components::new());
        for (row, describe) in self.table.rows().zip(self.described) {
            let mut described = describe();
            let operation =
                operations(&described).next().map(|(method, operation)| (method, operation.clone()));
            if let Some((method, mut operation)) = operation {
                let said = method_of(&method);
                assert!(
                    said == row.method,
                    "{}: its handler says {said}, its row {}",
                    row.operation,
                    row.method
                );
                complete(&mut operation, row);
                paths.add_path_operation(row.path, vec![method], operation);
            }
            if let Some(of_call) = described.components.take() {
                components.schemas.extend(of_call.schemas);
            }
        }
        (paths, components)
    }
}

fn operations(described: &OpenApi) -> impl Iterator<Item = (HttpMethod, &Operation)> {
    described.paths.paths.values().flat_map(|item| {
        let all = [
            (HttpMethod::Get, &item.get),
            (HttpMethod::Post, &item.post),
            (HttpMethod::Put, &item.put),
            (HttpMethod::Patch, &item.patch),
            (HttpMethod::Delete, &item.delete),
        ];
        all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
    })
}

const fn method_of(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        _ => Method::GET,
    }
}

/// Adds what the row knows.
fn complete(operation: &mut Operation, row: &RouteRow) {
    operation.operation_id = Some(row.operation.to_owned());
    let of_path = names(row.path).map(|name| RefOr::T(parameter(name)));
    let rest = operation.parameters.take().unwrap_or_default();
    let all: Vec<RefOr<Parameter>> = of_path.chain(rest).collect();
    operation.parameters = (!all.is_empty()).then_some(all);
    for (status, answer) in &mut operation.responses.responses {
        if let RefOr::T(answer) = answer
            && answer.description.is_empty()
        {
            answer.description = meaning(status).to_owned();
        }
    }
    let problem = ResponseBuilder::new()
        .description(meaning("4XX"))
        .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))))
        .build();
    operation.responses.responses.insert("4XX".to_owned(), RefOr::T(problem));
}

/// The parameters of a pattern.
fn names(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn parameter(name: &str) -> Parameter {
    let about = match name {
        "group" => "The group's name.",
        "job" => "The job's id.",
        "notebook" => "The notebook's id.",
        "image" => "The image's name.",
        "user" => "The user's name.",
        "name" => "The instance type's name.",
        _ => "Its id, as the list says.",
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

/// What a status says where the handler says nothing more.
fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "What was asked for.",
        "201" => "What was made.",
        "202" => "Asked for; it goes on by itself.",
        "204" => "Done. The answer is empty.",
        _ => "What is wrong, and what to do next.",
    }
}
