//! One process serves a world: this one, or the one that was first. When that one ends or is killed, whoever asks next
//! takes over with the world as it stands on disk.

use std::fs::File;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::runtime::{Files, Served};
use super::{Clock, Info, Manner, Place, Simulator, Switches, server};

/// How long to wait for a process that has the lock and does not answer: it may be reading a long log.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often to look again meanwhile.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// For how long the offset of another process's clock is taken as known.
const FRESH: Duration = Duration::from_millis(500);

/// A simulator that this process serves or has attached to.
#[derive(Debug)]
pub struct Handle {
    place: Place,
    files: Files,
    role: Mutex<Role>,
    /// The offset of the simulator's clock, in seconds, where another process serves; else the service itself.
    time: RwLock<Time>,
}

#[derive(Debug)]
enum Role {
    Serving(Serving),
    Attached { served: Served, asked: Instant },
}

#[derive(Clone, Debug)]
enum Time {
    Own(Arc<Simulator>),
    Offset(i64),
}

#[derive(Debug)]
struct Serving {
    simulator: Arc<Simulator>,
    served: Served,
    files: Files,
    task: JoinHandle<()>,
    /// Freed last, when nothing is served any more.
    _lock: File,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Connections outlive the listener's task; closed, the service answers them 503 and lets go of the log.
        self.simulator.close();
        self.task.abort();
        self.files.withdraw();
    }
}

impl Handle {
    /// Attaches to the process that serves the place, or becomes it, on the current tokio runtime.
    ///
    /// Fails when the world on disk is damaged, or when the process that has it does not answer.
    pub async fn attach(place: Place) -> io::Result<Self> {
        let files = Files::of(&place.world)?;
        Self::attach_by(place, files).await
    }

    /// Attaches through other files than those of the user's runtime folder, for tests.
    pub(super) async fn attach_by(place: Place, files: Files) -> io::Result<Self> {
        let (role, time) = find(&place, &files).await?;
        Ok(Self { place, files, role: Mutex::new(role), time: RwLock::new(time) })
    }

    /// Becomes the process that serves the place, on a port of 127.0.0.1 (0 for any), until the handle is dropped.
    ///
    /// Fails when another process does already, naming it.
    pub async fn serve(place: Place, port: u16, manner: Manner) -> io::Result<Self> {
        let files = Files::of(&place.world)?;
        Self::serve_by(place, files, port, manner).await
    }

    /// Serves through other files than those of the user's runtime folder, for tests.
    pub(super) async fn serve_by(place: Place, files: Files, port: u16, manner: Manner) -> io::Result<Self> {
        let mut lock = files.try_lock()?;
        for _ in 0..5 {
            // Somebody may only be asking whether the lock is free.
            if lock.is_none() {
                tokio::time::sleep(LOOK_AGAIN).await;
                lock = files.try_lock()?;
            }
        }
        let Some(lock) = lock else {
            let by = files.read().map_or_else(String::new, |served| {
                format!(" by process {} at 127.0.0.1:{}", served.process, served.port)
            });
            return Err(io::Error::new(io::ErrorKind::AddrInUse, format!("the world is served already{by}")));
        };
        let serving = become_server(&place, &files, lock, port, manner).await?;
        let time = Time::Own(serving.simulator.clone());
        Ok(Self { place, files, role: Mutex::new(Role::Serving(serving)), time: RwLock::new(time) })
    }

    /// Returns the base URL of the service (`http://127.0.0.1:PORT`); to be asked again before each call, since the
    /// process that serves may have ended and this one may have taken over.
    pub async fn endpoint(&self) -> io::Result<String> {
        let mut role = self.role.lock().await;
        let port = self.current(&mut role).await?;
        Ok(format!("http://127.0.0.1:{port}"))
    }

    /// Returns the simulator's time. Of another process's clock, it is as of the last [`Handle::endpoint`].
    pub fn now(&self) -> Timestamp {
        let time = self.time.read().unwrap_or_else(PoisonError::into_inner).clone();
        match time {
            Time::Own(simulator) => simulator.now(),
            Time::Offset(offset) => Clock::Real.now(offset),
        }
    }

    /// Returns the facts of the world and its time.
    pub async fn info(&self) -> io::Result<Info> {
        let mut role = self.role.lock().await;
        let port = self.current(&mut role).await?;
        match &*role {
            Role::Serving(serving) => Ok(serving.simulator.info()),
            Role::Attached { .. } => server::info(port).await,
        }
    }

    /// Moves the simulator's clock on, and returns its new time.
    pub async fn advance(&self, seconds: i64) -> io::Result<Timestamp> {
        let mut role = self.role.lock().await;
        let port = self.current(&mut role).await?;
        match &*role {
            Role::Serving(serving) => {
                serving.simulator.advance(seconds)?;
                Ok(serving.simulator.now())
            }
            Role::Attached { .. } => {
                let info = server::advance(port, seconds).await?;
                self.keep(Time::Offset(info.offset));
                Ok(info.now)
            }
        }
    }

    /// Tells whether this process serves the world.
    pub async fn is_serving(&self) -> bool {
        matches!(&*self.role.lock().await, Role::Serving(_))
    }

    /// Returns the port where the world is served by now, taking over where nobody does.
    async fn current(&self, role: &mut Role) -> io::Result<u16> {
        let (known, asked) = match role {
            Role::Serving(serving) => return Ok(serving.served.port),
            Role::Attached { served, asked } => (*served, *asked),
        };
        let fresh = asked.elapsed() < FRESH && self.files.read() == Some(known);
        if fresh {
            // Only the lock tells a process that was just killed from one that works.
            if self.files.is_locked()? {
                return Ok(known.port);
            }
        }
        let (found, time) = find(&self.place, &self.files).await?;
        self.keep(time);
        *role = found;
        Ok(match role {
            Role::Serving(serving) => serving.served.port,
            Role::Attached { served, .. } => served.port,
        })
    }

    fn keep(&self, time: Time) {
        *self.time.write().unwrap_or_else(PoisonError::into_inner) = time;
    }
}

/// Finds the process that serves a world, or makes it this one. Safe against others who do the same: whoever gets the
/// lock serves, and the rest wait until it says where.
async fn find(place: &Place, files: &Files) -> io::Result<(Role, Time)> {
    let began = Instant::now();
    loop {
        if let Some(lock) = files.try_lock()? {
            let serving = become_server(place, files, lock, 0, Manner::default()).await?;
            let time = Time::Own(serving.simulator.clone());
            return Ok((Role::Serving(serving), time));
        }
        if let Some(served) = files.read()
            && let Ok(info) = server::info(served.port).await
            // The port of a process that has ended may be another simulator's by now.
            && info.process == served.process
        {
            let role = Role::Attached { served, asked: Instant::now() };
            return Ok((role, Time::Offset(info.offset)));
        }
        if began.elapsed() > PATIENCE {
            let by = files.read().map_or_else(String::new, |served| {
                format!(" (it was process {} at 127.0.0.1:{})", served.process, served.port)
            });
            let world = place.world.display();
            let message = format!("{world}: the process that serves this world does not answer{by}; end it");
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

async fn become_server(
    place: &Place,
    files: &Files,
    lock: File,
    port: u16,
    manner: Manner,
) -> io::Result<Serving> {
    let owned = place.clone();
    let mut switches = Switches::default();
    if let Some(work) = manner.work {
        (switches.pick_up, switches.work) = ((Duration::ZERO, Duration::ZERO), (work, work));
        switches.hub.at_once(work);
    }
    let open = move || Simulator::open_fleet(&owned, manner.fleet, Clock::Real, switches);
    let simulator = tokio::task::spawn_blocking(open).await.map_err(io::Error::other)??;
    let simulator = Arc::new(simulator.only(manner.only));
    let listener = server::listen(port).await?;
    let served = Served { port: listener.local_addr()?.port(), process: std::process::id() };
    let task = server::serve(listener, simulator.clone(), manner.latency);
    let serving = Serving { simulator, served, files: files.clone(), task, _lock: lock };
    files.publish(served)?;
    Ok(serving)
}
