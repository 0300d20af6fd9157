//! Everything until a container's script begins. Whoever wants the attempt to stop meanwhile is heard.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc;

use futures::future::AbortHandle;
use rustix::pipe::{PipeFlags, pipe_with};

use super::session::Session;
use crate::engine::{About, ImageError};
use crate::log::LogPump;
use crate::observation::StopReason;
use crate::protocol::{Answer, Request};
use crate::records::Started;
use crate::shim::control::Control;
use crate::shim::watch::wait_for;

/// How getting the image went.
pub(super) enum Image {
    There,
    Failed(ImageError),
    Stopped(StopReason),
}

/// Sees to it that the image is there. What the engine says of it goes to the log.
pub(super) fn image(
    session: &Session,
    reference: &str,
    about: &About,
    started: &Started,
    control: &mut Control,
    pump: &mut LogPump,
) -> io::Result<Image> {
    let (tells, told) = mpsc::channel::<String>();
    let (bell, rings) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
    let (abort, aborted) = AbortHandle::new_pair();
    std::thread::scope(|scope| {
        let having = std::thread::Builder::new().name("image".into()).spawn_scoped(scope, move || {
            let tell = |line| {
                // A full pipe rings as well.
                if tells.send(line).is_ok() {
                    let _ = rustix::io::write(&rings, b".");
                }
            };
            session.have_image(reference, about, tell, aborted)
            // With the end of this thread the bell hangs up.
        })?;
        let mut stopped = None;
        while !ended(&bell) {
            told.try_iter().for_each(|line| pump.note(&line));
            wait_for(control, &[bell.as_fd()], None);
            control.serve(|request| {
                Some(match request {
                    Request::Wait => return None,
                    Request::Status => Answer::Running { started_at_us: started.at_us },
                    Request::Usage => Answer::Refused { message: "its container is being prepared".into() },
                    Request::Stop { reason, .. } => {
                        stopped.get_or_insert(reason);
                        abort.abort();
                        Answer::Stopping
                    }
                })
            });
        }
        told.try_iter().for_each(|line| pump.note(&line));
        let had = having.join().map_err(|_| io::Error::other("the thread that gets the image panicked"))?;
        Ok(match (stopped, had) {
            (Some(reason), _) => Image::Stopped(reason),
            (None, Some(Err(error))) => Image::Failed(error),
            (None, _) => Image::There,
        })
    })
}

/// Empties the bell; whether it has hung up.
fn ended(bell: &OwnedFd) -> bool {
    let mut buffer = [0; 64];
    loop {
        match rustix::io::read(bell, &mut buffer[..]) {
            Ok(0) => return true,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}
