//! Quota and use, as numbers that know how to be bars.

use crate::components::{Link, Note};

/// A number with at most two decimals and thousands separators.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    if value < 0.0 {
        out.push('-');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// Use of one resource by the person, by the rest of the group and, on a form, by this request.
#[derive(Clone, Debug, Default)]
pub struct QuotaRow {
    /// `CPU`, `Memory` or `GPU`.
    pub label: String,
    /// `cores`, `GiB` or empty.
    pub unit: String,
    pub mine: f64,
    /// The person's own limit in this group; absent is unlimited.
    pub my_limit: Option<f64>,
    /// The whole group's use, the person's included.
    pub group_used: f64,
    /// The group's limit; absent is unlimited.
    pub limit: Option<f64>,
    /// What the form being filled in asks for.
    pub ask: f64,
}

impl QuotaRow {
    fn share(&self, value: f64) -> f64 {
        match self.limit {
            Some(limit) if limit > 0.0 => (value / limit * 100.0).clamp(0.0, 100.0),
            _ => 0.0,
        }
    }

    fn percent(value: f64) -> String {
        format!("{}%", (value * 10.0).round() / 10.0)
    }

    fn others(&self) -> f64 {
        (self.group_used - self.mine).max(0.0)
    }

    fn with_unit(&self, value: f64) -> String {
        if self.unit.is_empty() {
            number(value)
        } else {
            format!("{} {}", number(value), self.unit_of(value))
        }
    }

    /// The unit as it follows this number: 1 core, 2 cores.
    fn unit_of(&self, value: f64) -> &str {
        let is_one = (value - 1.0).abs() < f64::EPSILON;
        self.unit.strip_suffix('s').filter(|_| is_one).unwrap_or(&self.unit)
    }

    /// Width of the person's part of the bar.
    #[must_use]
    pub fn mine_width(&self) -> String {
        Self::percent(self.share(self.mine))
    }

    /// Width of the other members' part of the bar.
    #[must_use]
    pub fn others_width(&self) -> String {
        Self::percent(self.share(self.group_used) - self.share(self.mine))
    }

    /// Where the request's part of the bar begins.
    #[must_use]
    pub fn ask_start(&self) -> String {
        Self::percent(self.share(self.group_used))
    }

    /// Width of the request's part of the bar.
    #[must_use]
    pub fn ask_width(&self) -> String {
        Self::percent(self.share(self.group_used + self.ask) - self.share(self.group_used))
    }

    /// The request does not fit into the group's limit now.
    #[must_use]
    pub fn over(&self) -> bool {
        self.ask > 0.0 && self.limit.is_some_and(|limit| self.group_used + self.ask > limit)
    }

    /// The request does not fit into the person's own limit now.
    #[must_use]
    pub fn over_mine(&self) -> bool {
        self.ask > 0.0 && self.my_limit.is_some_and(|limit| self.mine + self.ask > limit)
    }

    /// The group's use and the request, as in `6 + 4`.
    #[must_use]
    pub fn used(&self) -> String {
        if self.ask > 0.0 {
            format!("{} + {}", number(self.group_used), number(self.ask))
        } else {
            number(self.group_used)
        }
    }

    /// What follows the used number: `of 16 cores`, or `cores, no limit`.
    #[must_use]
    pub fn of(&self) -> String {
        match self.limit {
            Some(limit) => format!("of {}", self.with_unit(limit)),
            None if self.unit.is_empty() => "in use, no limit".into(),
            None => format!("{} in use, no limit", self.unit_of(self.group_used + self.ask)),
        }
    }

    /// The person's own use: `You use 2 of 8 cores`.
    #[must_use]
    pub fn mine_words(&self) -> String {
        match self.my_limit {
            Some(0.0) if self.mine == 0.0 => "none allowed".into(),
            Some(limit) => format!("{} of {}", number(self.mine), self.with_unit(limit)),
            None => format!("{}, no limit", self.with_unit(self.mine)),
        }
    }

    /// The whole row for screen readers.
    #[must_use]
    pub fn spoken(&self) -> String {
        let ask = if self.ask > 0.0 {
            format!(", this request {}", self.with_unit(self.ask))
        } else {
            String::new()
        };
        format!(
            "{}: you use {}, others {}{ask}, {}",
            self.label,
            self.with_unit(self.mine),
            self.with_unit(self.others()),
            self.of()
        )
    }
}

/// The card with a group's quota; on a form also with the request and when it would start.
#[derive(Clone, Debug, Default)]
pub struct QuotaPanel {
    pub rows: Vec<QuotaRow>,
    /// When the request would start, or why it never would.
    pub start: Option<Note>,
    pub link: Option<Link>,
}

impl QuotaPanel {
    /// Whether anything is drawn as a bar, whose colours then want explaining.
    #[must_use]
    pub fn has_bars(&self) -> bool {
        self.rows.iter().any(|row| row.limit.is_some())
    }

    /// Whether a request is drawn into the bars.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.rows.iter().any(|row| row.ask > 0.0)
    }
}

/// A measured value with a bar: `CPU 1.8 of 2 cores`.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    pub label: String,
    /// Such as `1.8 of 2 cores`.
    pub text: String,
    /// 0 to 100.
    pub percent: f64,
}

impl Meter {
    /// Width of the bar.
    #[must_use]
    pub fn width(&self) -> String {
        QuotaRow::percent(self.percent.clamp(0.0, 100.0))
    }

    /// Nearly used up; a busy CPU is no cause for alarm.
    #[must_use]
    pub fn high(&self) -> bool {
        self.percent >= 90.0 && !self.label.starts_with("CPU")
    }
}
