//! What the machine can and can't do.

use axum::extract::State;
use base::resources::{bytes, cores, memory};
use runner::CapabilityState;
use ui_pages::admin::{Capability, Found, SystemPage};
use ui_pages::components::Fact;
use ui_pages::frame::Entry;
use ui_pages::quota::Meter;
use web_kit::{Answer, Ctx, Portal};

use crate::{frame, view};

/// What the runner calls by a word of its own.
fn title(name: &str) -> &str {
    match name {
        "sandbox" => "Sandbox",
        "system-calls" => "System call filter",
        "user" => "Unprivileged user",
        "network" => "Network of workloads",
        "limit-memory" => "Memory limits",
        "limit-cpu" => "CPU limits",
        "limit-processes" => "Process limits",
        "gpu" => "GPUs",
        other => other,
    }
}

pub(crate) async fn show(State(portal): State<Portal>, Ctx(ctx): Ctx) -> Answer {
    let framed = frame::build(&portal, &ctx, "System", Entry::AdminSystem, None).await?;
    let machine = portal.workloads.machine(&ctx).await?;
    let capacity = portal.workloads.rules().capacity;
    let used = portal.workloads.total_usage(&ctx).await?;
    let size = portal.db.size_bytes().await?.and_then(|size| u64::try_from(size).ok());
    let meter = |label: &str, text: String, used: i64, of: i64| Meter {
        label: label.to_owned(),
        text,
        percent: if of > 0 { (used as f64 / of as f64 * 100.0).min(100.0) } else { 0.0 },
    };
    let mut meters = vec![
        meter(
            "CPU claimed",
            format!("{} of {}", cores(used.cpu_milli), cores(capacity.cpu_milli)),
            used.cpu_milli,
            capacity.cpu_milli,
        ),
        meter(
            "Memory claimed",
            format!("{} of {}", memory(used.memory_mib), memory(capacity.memory_mib)),
            used.memory_mib,
            capacity.memory_mib,
        ),
    ];
    if capacity.gpu > 0 {
        meters.push(meter(
            "GPUs claimed",
            format!("{} of {}", used.gpu, capacity.gpu),
            used.gpu,
            capacity.gpu,
        ));
    }
    let page = SystemPage {
        capabilities: machine
            .capabilities
            .into_iter()
            .map(|capability| Capability {
                name: title(capability.name).to_owned(),
                found: match capability.state {
                    CapabilityState::Ok => Found::Yes,
                    CapabilityState::Degraded => Found::Weak,
                    CapabilityState::Missing => Found::Missing,
                    CapabilityState::Absent => Found::No,
                },
                detail: capability.detail,
                fix: capability.fix,
            })
            .collect(),
        facts: vec![
            Fact::new("Version", portal.settings.version),
            Fact::id("Address", portal.settings.public_url.clone()),
            Fact::new("Database", portal.settings.database.clone()),
            Fact::new("Database size", size.map_or_else(|| "unknown".to_owned(), bytes)),
            Fact::id("Data directory", portal.settings.data_dir.clone()),
            Fact::new("Runner", machine.runner),
        ],
        meters,
        frame: framed.frame,
    };
    Ok(view::page(&page)?)
}
