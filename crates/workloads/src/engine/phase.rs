//! The states of a workload, why it ended, and which steps between states are legal.

use serde::Serialize;

/// Where a workload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// In the queue; its reason says what for.
    Waiting,
    /// It has its claim; the sandbox is being made.
    Preparing,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// Why a workload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    Succeeded,
    /// Its script ended with another exit code than 0, or by a signal.
    UserCode,
    Cancelled,
    TimeLimit,
    OutOfMemory,
    Preempted,
    /// The machine restarted or its supervisor was killed.
    NodeLost,
    /// Its image could not be used.
    Image,
    /// Our fault.
    Platform,
}

/// What happens to a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The scheduler gave it a claim.
    Claim,
    /// The runner says that its script runs.
    Start,
    /// The attempt is gone through no fault of its own, and it may try again.
    Requeue,
    /// It ended.
    End(Cause),
}

impl Phase {
    /// Those of what has not ended.
    pub const UNFINISHED: [Self; 3] = [Self::Waiting, Self::Preparing, Self::Running];
    /// Those of what has ended.
    pub const ENDED: [Self; 3] = [Self::Succeeded, Self::Failed, Self::Cancelled];
    pub const ALL: [Self; 6] =
        [Self::Waiting, Self::Preparing, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text).ok_or_else(|| {
            "A status is waiting, preparing, running, succeeded, failed or cancelled.".to_owned()
        })
    }

    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Whether it holds a claim on its quota.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Preparing | Self::Running)
    }

    /// The phase after the step, or `None` where the step is not legal: a final phase never changes.
    pub const fn next(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Waiting, Step::Claim) => Some(Self::Preparing),
            (Self::Preparing | Self::Running, Step::Start) => Some(Self::Running),
            (Self::Preparing | Self::Running, Step::Requeue) => Some(Self::Waiting),
            (Self::Waiting, Step::End(Cause::Cancelled)) => Some(Self::Cancelled),
            (Self::Waiting, Step::End(Cause::Image | Cause::Platform)) => Some(Self::Failed),
            (Self::Preparing | Self::Running, Step::End(cause)) => Some(cause.phase()),
            _ => None,
        }
    }
}

impl Cause {
    pub const ALL: [Self; 9] = [
        Self::Succeeded,
        Self::UserCode,
        Self::Cancelled,
        Self::TimeLimit,
        Self::OutOfMemory,
        Self::Preempted,
        Self::NodeLost,
        Self::Image,
        Self::Platform,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::UserCode => "user-code",
            Self::Cancelled => "cancelled",
            Self::TimeLimit => "time-limit",
            Self::OutOfMemory => "out-of-memory",
            Self::Preempted => "preempted",
            Self::NodeLost => "node-lost",
            Self::Image => "image",
            Self::Platform => "platform",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }

    /// The final phase that it leads to.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Succeeded => Phase::Succeeded,
            Self::Cancelled => Phase::Cancelled,
            _ => Phase::Failed,
        }
    }

    /// Whether the workload may try again by itself.
    pub const fn is_platform(self) -> bool {
        matches!(self, Self::Preempted | Self::NodeLost | Self::Platform)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of phase and step, written out.
    #[test]
    fn the_state_machine_is_this_table() {
        let steps = [
            Step::Claim,
            Step::Start,
            Step::Requeue,
            Step::End(Cause::Succeeded),
            Step::End(Cause::Cancelled),
            Step::End(Cause::TimeLimit),
            Step::End(Cause::Platform),
        ];
        let table: Vec<String> = Phase::ALL
            .iter()
            .map(|phase| {
                let cells: Vec<&str> =
                    steps.iter().map(|step| phase.next(*step).map_or("-", Phase::as_str)).collect();
                format!("{}: {}", phase.as_str(), cells.join(" "))
            })
            .collect();
        assert_eq!(
            table,
            [
                "waiting: preparing - - - cancelled - failed",
                "preparing: - running waiting succeeded cancelled failed failed",
                "running: - running waiting succeeded cancelled failed failed",
                "succeeded: - - - - - - -",
                "failed: - - - - - - -",
                "cancelled: - - - - - - -",
            ]
        );
    }

    #[test]
    fn words_read_back() {
        for phase in Phase::ALL {
            assert_eq!(Phase::parse(phase.as_str()), Ok(phase));
        }
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.as_str()), Some(cause));
        }
    }
}
