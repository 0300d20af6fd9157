//! The shape of the templates: short lines, one element a line, indentation in steps of two.

use std::fs;
use std::path::Path;

const LONGEST_LINE: usize = 140;

/// Elements that stand on a line of their own; others may follow each other within a sentence.
const BLOCKS: &[&str] = &[
    "article", "aside", "body", "button", "datalist", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "input",
    "label", "legend", "li", "main", "nav", "noscript", "ol", "option", "p", "section", "select", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul",
];

#[test]
fn templates_have_one_element_a_line() {
    let mut problems = Vec::new();
    visit(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")), &mut |path, text| {
        for (n, line) in text.lines().enumerate() {
            if let Some(problem) = problem(line) {
                problems.push(format!("{}:{}: {problem}", path.display(), n + 1));
            }
        }
    });
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

fn visit(folder: &Path, look: &mut dyn FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, look);
        } else {
            look(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

/// What is wrong with a line of a template.
fn problem(line: &str) -> Option<String> {
    let length = line.chars().count();
    if length > LONGEST_LINE {
        return Some(format!("{length} characters; break it, one attribute a line"));
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    if !indent.is_multiple_of(2) || line.contains('\t') || line.ends_with(' ') {
        return Some("indent by two spaces a level, and end the line with its last word".into());
    }
    let opened = blocks(line, "<");
    let closed = blocks(line, "</");
    if opened.len() > 1 || closed.len() > 1 {
        return Some(format!("one block a line, but here are {opened:?} and the ends of {closed:?}"));
    }
    match (opened.first(), closed.first()) {
        (None, Some(name)) if !line.trim_start().starts_with("</") => {
            Some(format!("</{name}> ends what began on another line; begin a line with it"))
        }
        (Some(next), Some(name)) if next != name || line.trim_start().starts_with("</") => {
            Some(format!("<{next}> begins where </{name}> ends another; begin a line with it"))
        }
        _ => None,
    }
}

/// The names of the blocks whose tags begin with `start` in this line.
fn blocks<'a>(line: &'a str, start: &str) -> Vec<&'a str> {
    line.match_indices(start)
        .map(|(at, _)| &line[at + start.len()..])
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default())
        .filter(|name| BLOCKS.contains(name))
        .collect()
}

#[test]
fn lines_are_judged_as_they_read() {
    for good in [
        "<td class=\"r\"><code>{{ name }}</code></td>",
        "  <p><b>{{ title }}</b> {{ text }}</p>",
        "      </li>",
        "  >{{ value }}</textarea>",
        "{% if wrong %}<span class=\"tag\">wrong</span>{% endif %}",
    ] {
        assert_eq!(problem(good), None, "{good}");
    }
    for bad in [
        "<tr><td>1</td></tr>",
        "</section></div>",
        "<p>a</p><p>b</p>",
        "a sentence</p>",
        "</div><div>",
        "</div><p>text",
        "   <p>three spaces</p>",
        "<p>a space at the end</p> ",
    ] {
        assert!(problem(bad).is_some(), "{bad}");
    }
    assert!(problem(&"x".repeat(LONGEST_LINE + 1)).is_some());
}
