//! Times, durations and answers, as pages want them.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse as _, Response};
use base::{Error, Result, Timestamp};
use ui_pages::Page;
use ui_pages::components::{Choice, Field, When};
use web_kit::FormBody;

/// The page as an answer.
pub(crate) fn page<P: Page>(page: &P) -> Result<Response> {
    page_with(StatusCode::OK, page)
}

pub(crate) fn page_with<P: Page>(status: StatusCode, page: &P) -> Result<Response> {
    let html = page.html().map_err(|error| Error::internal_from("render a page", error))?;
    Ok((status, Html(html)).into_response())
}

/// 303: the browser fetches the page after a form.
pub(crate) fn see_other(url: &str) -> Response {
    axum::response::Redirect::to(url).into_response()
}

/// 303 to a page that says what was done (see [`crate::flash`]).
pub(crate) fn see_done(link: impl Into<String>, what: &str) -> Response {
    see_other(&paths::query(link, &[("done", what)]))
}

/// The page that a form was sent from, which a form of the frame returns to; the browser says which it was.
pub(crate) fn way_back(headers: &HeaderMap) -> String {
    path_of(headers.get(header::REFERER))
}

/// The path and query that a `Referer` names, or the first page.
pub(crate) fn path_of(referer: Option<&HeaderValue>) -> String {
    let url = referer.and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<Uri>().ok());
    // Only the path is used, so nobody is sent to another site.
    let path = url.as_ref().and_then(Uri::path_and_query).map(ToString::to_string);
    path.filter(|path| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'))
        .unwrap_or_else(|| "/".to_owned())
}

/// How long ago, or in how long.
pub(crate) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.seconds_since(at);
    if seconds < -30 {
        return format!("in {}", duration(-seconds));
    }
    match seconds {
        ..10 => "just now".to_owned(),
        10..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..2_592_000 => plural(seconds / 86_400, "day", " ago"),
        2_592_000..31_536_000 => plural(seconds / 2_592_000, "month", " ago"),
        _ => plural(seconds / 31_536_000, "year", " ago"),
    }
}

pub(crate) fn plural(count: i64, noun: &str, after: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {noun}{s}{after}", ui_pages::quota::number(count as f64))
}

/// "42 s", "1 min 38 s", "2 h 11 min", "24 h", "3 d 4 h"
pub(crate) fn duration(seconds: i64) -> String {
    let (big, small) = match seconds {
        ..60 => return format!("{} s", seconds.max(0)),
        60..3600 => ((seconds / 60, "min"), (seconds % 60, "s")),
        3600..172_800 => ((seconds / 3600, "h"), (seconds % 3600 / 60, "min")),
        _ => ((seconds / 86_400, "d"), (seconds % 86_400 / 3600, "h")),
    };
    if small.0 == 0 {
        format!("{} {}", big.0, big.1)
    } else {
        format!("{} {} {} {}", big.0, big.1, small.0, small.1)
    }
}

/// Short spans in milliseconds: "0.1 s", "12 s".
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    let micros = (to.micros() - from.micros()).max(0);
    if micros < 10_000_000 { format!("{:.1} s", micros as f64 / 1e6) } else { duration(micros / 1_000_000) }
}

/// A moment in somebody's time zone.
pub(crate) fn when(at: Timestamp, now: Timestamp, zone: &str) -> When {
    When::new(at.to_rfc3339(), at.in_zone(zone), relative(at, now))
}

/// A field of a form with what was typed and what is wrong with it.
pub(crate) fn field(value: impl Into<String>, name: &str, error: Option<&Error>) -> Field {
    match error.and_then(|error| error.fields().iter().find(|field| field.field == name)) {
        Some(wrong) => Field::bad(value, wrong.message.clone()),
        None => Field::new(value),
    }
}

pub(crate) fn field_error(name: &str, error: Option<&Error>) -> Option<String> {
    error
        .and_then(|error| error.fields().iter().find(|field| field.field == name))
        .map(|field| field.message.clone())
}

/// What stands above a form: which fields are wrong, or what is wrong beyond fields.
pub(crate) fn form_error(error: Option<&Error>) -> Option<String> {
    let error = error?;
    if !error.fields().is_empty() {
        let mut names: Vec<String> = Vec::new();
        for wrong in error.fields() {
            let name = field_name(&wrong.field);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        return Some(format!("Nothing is saved yet. Correct this first: {}.", names.join(", ")));
    }
    let hint = error.hint().map(|hint| format!(" {hint}")).unwrap_or_default();
    Some(format!("{}{hint}", error.message()))
}

/// A field as pages call it: `display_name` is “Display name”.
fn field_name(field: &str) -> String {
    match field {
        "environment" => "Environment variables".to_owned(),
        "days" => "Lifetime".to_owned(),
        "default_time_limit" => "Time limit".to_owned(),
        "open_path" => "File to open".to_owned(),
        "path" => "Notebook".to_owned(),
        "source" => "What it is made of".to_owned(),
        _ => {
            let words = field.replace(['_', '.'], " ");
            let mut letters = words.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// The status of a form that is shown again.
pub(crate) fn form_status(error: Option<&Error>) -> StatusCode {
    error.map_or(StatusCode::OK, |error| web_kit::status_of(error.kind()))
}

const UNITS: [(&str, &str, i64); 3] =
    [("minutes", "minutes", 60), ("hours", "hours", 3600), ("days", "days", 86_400)];

/// Seconds as the number and unit of a form; an empty number where there is none.
pub(crate) fn time_limit_fields(seconds: Option<i64>) -> (String, &'static str) {
    match seconds {
        None => (String::new(), "hours"),
        Some(0) => ("0".to_owned(), "hours"),
        Some(seconds) => {
            let fits = UNITS.iter().rev().find(|(_, _, size)| seconds % size == 0);
            match fits {
                Some((unit, _, size)) => ((seconds / size).to_string(), unit),
                None => (base::resources::decimal(seconds * 1000 / 60), "minutes"),
            }
        }
    }
}

pub(crate) fn time_limit_units(selected: &str) -> Vec<Choice> {
    UNITS.iter().map(|(value, label, _)| Choice::new(*value, *label, *value == selected)).collect()
}

/// The seconds that a form names; `None` where it names none.
pub(crate) fn parse_time_limit(number: &str, unit: &str) -> Result<Option<i64>, String> {
    let number = number.trim();
    if number.is_empty() {
        return Ok(None);
    }
    let size = UNITS.iter().find(|(value, _, _)| *value == unit).map_or(60, |(_, _, size)| *size);
    let value: f64 =
        number.parse().map_err(|_| "Write a number, such as 30. 0 means no limit.".to_owned())?;
    if !(0.0..=1e9).contains(&value) {
        return Err("Use 0 (no limit) to 365 days.".to_owned());
    }
    Ok(Some((value * size as f64).round() as i64))
}

/// A span after which something idle is stopped, in words.
pub(crate) fn idle_words(seconds: i64) -> String {
    if seconds == 0 { "never".to_owned() } else { duration(seconds) }
}

/// A time limit in words.
pub(crate) fn time_limit_words(seconds: i64) -> String {
    if seconds == 0 { "no limit".to_owned() } else { duration(seconds) }
}

/// Values of variables that sound secret stay hidden, as in the log.
pub(crate) fn shown_value(name: &str, value: &str) -> String {
    if base::redact::is_secret_name(name) { "••••••".to_owned() } else { value.to_owned() }
}

/// Environment variables of a form: rows of a name and a value, without the empty ones.
pub(crate) fn variables(form: &FormBody) -> Vec<(String, String)> {
    pairs(form, "env_name", "env_value")
}

/// Rows of two fields, without the empty ones.
pub(crate) fn pairs(form: &FormBody, name: &str, value: &str) -> Vec<(String, String)> {
    form.all(name)
        .zip(form.all(value))
        .filter(|(name, value)| !name.trim().is_empty() || !value.is_empty())
        .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
        .collect()
}

/// The same as a map; a name that is there twice is refused.
pub(crate) fn distinct_variables(rows: &[(String, String)]) -> Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    for (name, value) in rows {
        if variables.insert(name.clone(), value.clone()).is_some() {
            return Err(Error::field("environment", format!("“{name}” is there twice. Remove one.")));
        }
    }
    Ok(variables)
}

/// Whether an error is shown as a page of its own: what may not be done at all is no matter of a form.
pub(crate) fn is_no_matter_of_a_form(error: &Error) -> bool {
    matches!(error.kind(), base::ErrorKind::Forbidden | base::ErrorKind::NotFound | base::ErrorKind::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_a_person_would_say_them() {
        let now = Timestamp(1_000_000_000_000_000);
        assert_eq!(relative(now.plus_seconds(-125), now), "2 min ago");
        assert_eq!(relative(now.plus_seconds(-86_400), now), "1 day ago");
        assert_eq!(relative(now.plus_seconds(3600), now), "in 1 h");
        assert_eq!(duration(98), "1 min 38 s");
        assert_eq!(duration(7860), "2 h 11 min");
        assert_eq!((duration(86_400), duration(190_800)), ("24 h".to_owned(), "2 d 5 h".to_owned()));
        assert_eq!(span(now, Timestamp(now.0 + 140_000)), "0.1 s");
    }

    #[test]
    fn a_form_says_which_fields_are_wrong() {
        let mut errors = base::error::FieldErrors::default();
        errors.add("display_name", "Give it a name.");
        errors.add("environment", "“A” is there twice. Remove one.");
        errors.add("environment", "“B” is there twice. Remove one.");
        assert_eq!(
            form_error(Some(&errors.into_error())).unwrap(),
            "Nothing is saved yet. Correct this first: Display name, Environment variables."
        );
        assert_eq!(form_error(Some(&Error::invalid("The group is full."))).unwrap(), "The group is full.");
    }

    #[test]
    fn the_way_back_stays_on_this_site() {
        let back = |referer: &'static str| {
            way_back(&HeaderMap::from_iter([(header::REFERER, referer.parse().unwrap())]))
        };
        assert_eq!(back("https://portico.example/g/vision/jobs?q=a"), "/g/vision/jobs?q=a");
        assert_eq!(back("https://portico.example//evil.example/"), "/");
        assert_eq!(back("nonsense"), "/");
        assert_eq!(way_back(&HeaderMap::new()), "/");
    }

    #[test]
    fn time_limits_go_through_a_form_unchanged() {
        for seconds in [0, 60, 90, 5400, 86_400, 7 * 86_400] {
            let (number, unit) = time_limit_fields(Some(seconds));
            assert_eq!(parse_time_limit(&number, unit), Ok(Some(seconds)), "{number} {unit}");
        }
        assert_eq!(parse_time_limit("", "hours"), Ok(None));
        assert!(parse_time_limit("soon", "hours").is_err());
    }
}
