//! The service as one value: requests in, responses out, one at a time, over a world that it owns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header, request};
use jiff::{SignedDuration, Timestamp};

use super::clock::Clock;
use super::front::{self, Answer, Api, Context, Failure, Query, Reply};
use super::golden::Facts;
use super::journal::{Call, Journal, JournalError, Opened, Record};
use super::shelf::Shelf;
use super::switches::Switches;
use super::world::{Change, DEFAULT_FLEET, Mishap, Power, Work, World, hub};
use super::{Info, Place, Service};
use crate::package::{Digest, PackageSet};

/// How long a retry token is remembered, documented.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// The longest retry token that the header takes.
const LONGEST_TOKEN: usize = 64;
/// How far the clock can be moved at once: ten years, in seconds.
const LONGEST_ADVANCE: i64 = 315_360_000;

/// Work that an instance was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// What OS Management Hub calls it: the name it was asked for by, or the kind of it. Empty for OSMS's work.
    pub what: String,
    /// When it was accepted.
    pub accepted: Timestamp,
    /// When it ended, or will end.
    pub ends: Timestamp,
}

/// A simulated service.
#[derive(Debug)]
pub struct Simulator {
    core: Mutex<Core>,
    clock: Clock,
    switches: Switches,
    /// The one service that is served; else both are.
    only: Option<Service>,
}

#[derive(Debug)]
struct Core {
    world: World,
    journal: Option<Journal>,
    /// The bytes of objects.
    shelf: Shelf,
    tokens: BTreeMap<String, Remembered>,
    /// The tokens in the order they were used, for forgetting them.
    used: VecDeque<(Timestamp, String)>,
    /// Set when another process may serve the world from now on.
    closed: bool,
    /// How many requests came without an id of their own.
    nameless: u64,
    /// How many requests have been served.
    served: u64,
}

#[derive(Clone, Debug)]
struct Remembered {
    request: Digest,
    answer: Answer,
}

impl Simulator {
    /// Makes a new world that lives in memory only, for tests.
    pub fn in_memory(seed: u64, clock: Clock, switches: Switches) -> Self {
        Self::with_fleet(seed, DEFAULT_FLEET, clock, switches)
    }

    /// Makes a new world in memory whose groups have so many members together; at least 24, as the quickstart's. Its
    /// ids are in [`Simulator::info`].
    pub fn with_fleet(seed: u64, fleet: usize, clock: Clock, switches: Switches) -> Self {
        let world = World::generate(seed, fleet, clock.now(0));
        Self::over(Core::new(world, None, Shelf::Memory(BTreeMap::new())), clock, switches)
    }

    /// Opens the world of a place, or makes a new one that will be written there at its first change. Takes an OS lock
    /// on the world's log, where there is one.
    pub fn open(place: &Place, clock: Clock, switches: Switches) -> std::io::Result<Self> {
        Self::open_fleet(place, None, clock, switches)
    }

    /// The same with a fleet of so many, where the world is new.
    pub(super) fn open_fleet(
        place: &Place,
        fleet: Option<usize>,
        clock: Clock,
        switches: Switches,
    ) -> std::io::Result<Self> {
        let Opened { journal, world, records } =
            Journal::open(&place.world, place.seed, fleet, clock.now(0))?;
        let mut core = Core::new(world, Some(journal), Shelf::of(&place.world));
        records.iter().for_each(|record| {
            core.make(record);
        });
        // Without a log nothing is known of what lies there, nor is it anybody's to take away.
        if !records.is_empty() {
            core.world.objects.take_dropped();
            core.shelf.sweep(core.world.objects.etags());
        }
        Ok(Self::over(core, clock, switches))
    }

    fn over(core: Core, clock: Clock, switches: Switches) -> Self {
        Self { core: Mutex::new(core), clock, switches, only: None }
    }

    /// Has it serve one service only.
    #[must_use]
    pub fn only(self, service: Option<Service>) -> Self {
        Self { only: service, ..self }
    }

    /// Locks the world. A panic in a request leaves the world as it was before or after a change, never in between.
    fn core(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the simulator's time.
    pub fn now(&self) -> Timestamp {
        self.core().now(&self.clock)
    }

    /// Returns what other processes and people want to know of it.
    pub fn info(&self) -> Info {
        let core = self.core();
        Info {
            format: 1,
            facts: Facts::of(&core.world),
            now: core.now(&self.clock),
            offset: core.world.offset,
            process: std::process::id(),
        }
    }

    /// Moves the clock on by seconds.
    pub fn advance(&self, seconds: i64) -> std::io::Result<()> {
        self.move_clock(seconds).map(|_| ()).map_err(|failure| std::io::Error::other(failure.message))
    }

    /// Lets an instance's agent fall silent, for tests: from now on it picks up nothing and finishes nothing.
    pub fn silence(&self, instance: &str) -> std::io::Result<()> {
        self.happen(|world| front::silence(world, instance, &self.switches))
    }

    /// Lets a silent agent check in again, for tests: it goes on with what it was asked to do.
    pub fn bring_back(&self, instance: &str) -> std::io::Result<()> {
        self.happen(|world| front::bring_back(world, instance, &self.switches))
    }

    /// Lets something go wrong with the next work of an instance that nothing is to go wrong with yet, for tests.
    pub fn strike(&self, instance: &str, mishap: Mishap) -> std::io::Result<()> {
        self.happen(|world| front::strike(world, instance, mishap))
    }

    /// Lets an instance vanish, for tests: the service does not know it any more.
    pub fn vanish(&self, instance: &str) -> std::io::Result<()> {
        self.happen(|world| front::vanish(world, instance))
    }

    /// Registers a machine with a profile of OS Management Hub, for tests, as its agent does when it comes up for the
    /// first time; from then on both services know it.
    pub fn register(&self, instance: &str, profile: &str) -> std::io::Result<()> {
        self.happen(|world| front::register(world, &self.switches, instance, profile))
    }

    /// Returns all work that an instance was ever given, for tests, in the order of its being accepted.
    pub fn work_of(&self, instance: &str) -> Vec<Given> {
        let core = self.core();
        let given = |(_, work): (_, &Work)| Given {
            what: hub::order_of(work).map_or_else(String::new, |order| {
                order.label.name.as_deref().unwrap_or(order.operation.word()).to_owned()
            }),
            accepted: work.accepted,
            ends: work.ends,
        };
        core.world.works_of(instance).map(given).collect()
    }

    /// Returns what is installed on an instance, for tests.
    pub fn installed_on(&self, instance: &str) -> Option<PackageSet> {
        self.core().world.instances.get(instance).map(|instance| instance.installed.clone())
    }

    /// Stops, starts or terminates an instance, for tests. The patch service is not told; a stopped one's agent is
    /// silent once [`Simulator::silence`] says so.
    pub fn set_power(&self, instance: &str, power: Power) -> std::io::Result<()> {
        self.happen(|world| Ok(Change::Power { instance: front::instance_id(world, instance)?, power }))
    }

    /// Sets the defined tag `ops.patch` of an instance, or takes it off, for tests.
    pub fn tag(&self, instance: &str, value: Option<&str>) -> std::io::Result<()> {
        let value = value.map(Into::into);
        self.happen(|world| Ok(Change::Tag { instance: front::instance_id(world, instance)?, value }))
    }

    /// Makes a change that nobody asked the service for.
    fn happen(&self, what: impl FnOnce(&World) -> Result<Change, Failure>) -> std::io::Result<()> {
        let mut core = self.core();
        let happened = core.begin(&self.clock).and_then(|now| {
            let change = what(&core.world)?;
            core.commit(Record { at: now, change, then: front::Then::Done, call: None })
        });
        happened.map(|_| ()).map_err(|failure| std::io::Error::other(failure.message))
    }

    /// Returns a digest of everything that a client could see of the world, now or later.
    pub fn digest(&self) -> Digest {
        let mut core = self.core();
        let now = core.now(&self.clock);
        core.world.settle(now);
        core.world.digest()
    }

    /// Lets writing fail from now on.
    #[cfg(test)]
    pub(super) fn break_disk(&self) -> Option<std::fs::File> {
        self.core().journal.as_mut().and_then(Journal::break_disk)
    }

    /// Lets writing succeed again.
    #[cfg(test)]
    pub(super) fn mend_disk(&self, file: Option<std::fs::File>) {
        if let Some(journal) = &mut self.core().journal {
            journal.mend_disk(file);
        }
    }

    /// Serves nothing any more, so that another process can.
    pub(crate) fn close(&self) {
        let mut core = self.core();
        core.closed = true;
        core.journal = None;
    }

    /// Serves one request.
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let answer = match target.strip_prefix("/simulator/") {
            Some(rest) => self.administer(&parts.method, rest, &parts.headers, &body),
            None => self.serve(&parts.method, target, &parts.headers, &body),
        };
        let answer = answer.unwrap_or_else(Answer::from);
        self.respond(answer, &parts)
    }

    fn respond(&self, answer: Answer, asked: &request::Parts) -> Response<Bytes> {
        let headers = &asked.headers;
        let id = headers.get("opc-request-id").filter(|id| !id.is_empty()).cloned();
        let id = id.unwrap_or_else(|| {
            let mut core = self.core();
            core.nameless += 1;
            let unique = format!("{}/{}", std::process::id(), core.nameless);
            let id = Digest::of([unique]).hex()[..32].to_uppercase();
            HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("NONE"))
        });
        let mut response = Response::new(answer.body);
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if !response.body().is_empty() {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in answer.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(&*name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response.headers_mut().insert("opc-request-id", id);
        if let Some(own) = headers.get("opc-client-request-id")
            && front::is_object_storage(asked.uri.path())
        {
            response.headers_mut().insert("opc-client-request-id", own.clone());
        }
        if asked.method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED {
            *response.body_mut() = Bytes::new();
        }
        response
    }

    fn serve(
        &self,
        method: &Method,
        target: &str,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Answer, Failure> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        front::verify(method, target, headers, body, Timestamp::now())?;
        let (api, route, variables) = front::find(method, path)?;
        if matches!((api, self.only), (Api::Hub, Some(Service::Osms)) | (Api::Osms, Some(Service::Osmh))) {
            return Err(Failure::no_such_path(path));
        }
        let serves = route.serves.ok_or_else(|| Failure::unserved(route.name))?;
        let query = Query::parse(query, route.query)?;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let json = || text("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if !body.is_empty() && !route.streams && !json() {
            return Err(Failure::invalid("content-type must be application/json"));
        }
        let call = match text("opc-retry-token").filter(|_| route.takes_token) {
            None => None,
            Some(token) if token.is_empty() || token.len() > LONGEST_TOKEN => {
                let message = format!("opc-retry-token must have 1 to {LONGEST_TOKEN} characters");
                return Err(Failure::invalid(message));
            }
            Some(token) => {
                let request = Digest::of([route.name.as_bytes(), b"\n", target.as_bytes(), b"\n", body]);
                Some(Call { token: token.to_owned(), request })
            }
        };

        let mut core = self.core();
        let now = core.begin(&self.clock)?;
        core.served += 1;
        if let Some(call) = &call
            && let Some(known) = core.tokens.get(&call.token)
        {
            return if known.request == call.request {
                Ok(known.answer.clone())
            } else {
                Err(Failure::token())
            };
        }
        let reply = front::respond(
            serves,
            &Context {
                api,
                turn: core.served,
                world: &core.world,
                now,
                switches: &self.switches,
                path,
                variables,
                query,
                headers,
                body,
                if_match: text("if-match"),
                shelf: &core.shelf,
            },
        )?;
        match reply {
            Reply::Answer(answer) => Ok(answer),
            Reply::Change(change, then) => core.commit(Record { at: now, change, then, call }),
            Reply::Keep(etag, change, then) => {
                core.shelf.keep(&etag, body).map_err(|error| {
                    Failure::unwritable(format!("the bytes of an object cannot be written: {error}"))
                })?;
                let answer = core.commit(Record { at: now, change, then, call });
                if answer.is_err() {
                    core.shelf.forget([etag]);
                }
                answer
            }
        }
    }

    /// What is not part of the service: facts, and the clock. Unsigned, but only for callers that name this machine:
    /// a web page that has a browser call here names its own.
    fn administer(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Answer, Failure> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        if !["127.0.0.1", "localhost"].contains(&host) || headers.contains_key(header::ORIGIN) {
            return Err(Failure::unknown("only for programs on this machine"));
        }
        match (method, path) {
            (&Method::GET, "info") => Ok(Answer::ok(&self.info())),
            (&Method::POST, "advance") => {
                #[derive(serde::Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Advance {
                    seconds: i64,
                }
                let Advance { seconds } = front::parse_body(body)?;
                self.move_clock(seconds)?;
                Ok(Answer::ok(&self.info()))
            }
            (_, "info" | "advance") => Err(Failure::method(method.as_str())),
            _ => Err(Failure::no_such_path(path)),
        }
    }

    fn move_clock(&self, seconds: i64) -> Result<Answer, Failure> {
        if !(0..=LONGEST_ADVANCE).contains(&seconds) {
            let message = format!("the clock moves on by 0 to {LONGEST_ADVANCE} seconds, not by {seconds}");
            return Err(Failure::invalid(message));
        }
        let mut core = self.core();
        let now = core.begin(&self.clock)?;
        let change = Change::Advance { seconds };
        core.commit(Record { at: now, change, then: front::Then::Done, call: None })
    }
}

impl Core {
    fn new(world: World, journal: Option<Journal>, shelf: Shelf) -> Self {
        Self {
            world,
            journal,
            shelf,
            tokens: BTreeMap::new(),
            used: VecDeque::new(),
            closed: false,
            nameless: 0,
            served: 0,
        }
    }

    /// Returns the time; it never goes back, even where the system's clock does.
    fn now(&self, clock: &Clock) -> Timestamp {
        clock.now(self.world.offset).max(self.world.settled())
    }

    /// Lets time pass until now.
    fn begin(&mut self, clock: &Clock) -> Result<Timestamp, Failure> {
        if self.closed {
            return Err(Failure::closed());
        }
        let now = self.now(clock);
        self.world.settle(now);
        while let Some((at, _)) = self.used.front()
            && now.duration_since(*at) >= TOKEN_LIFETIME
        {
            if let Some((_, token)) = self.used.pop_front() {
                self.tokens.remove(&token);
            }
        }
        Ok(now)
    }

    /// Makes a change durable, then makes it.
    fn commit(&mut self, record: Record) -> Result<Answer, Failure> {
        if let Some(journal) = &mut self.journal {
            journal.append(&record).map_err(|error| Failure::unwritable(chain(&error)))?;
        }
        let answer = self.make(&record);
        let dropped = self.world.objects.take_dropped();
        self.shelf.forget(dropped);
        Ok(answer)
    }

    /// Makes a change, now or when it is read again.
    fn make(&mut self, record: &Record) -> Answer {
        self.world.settle(record.at);
        self.world.apply(record.at, &record.change);
        let answer = front::conclude(&self.world, &record.then);
        if let Some(Call { token, request }) = &record.call {
            let known = Remembered { request: *request, answer: answer.clone() };
            self.tokens.insert(token.clone(), known);
            self.used.push_back((record.at, token.clone()));
        }
        answer
    }
}

fn chain(error: &JournalError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}
