//! Asks whether instances are well, from where the command runs: a program without a shell, or a page.

use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::process::Command;

use super::context::Context;
use crate::apply::{Facts, HealthChecker};
use crate::oci::{HttpTransport, Transport};
use crate::rollout::{HealthCheck, Probe};

/// What of a name stands for itself in an address.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How much of what a program says is shown.
const SAID: usize = 200;

/// Asks.
pub(super) struct Prober {
    http: HttpTransport,
}

impl Prober {
    pub(super) fn new(context: &Context) -> Self {
        // An authority that cannot be read is told by whatever else needs it.
        let authorities = context.credentials.authorities().ok().flatten();
        Self { http: HttpTransport::new().with_authorities(authorities) }
    }
}

impl HealthChecker for Prober {
    fn check(
        &self,
        check: HealthCheck,
        facts: Facts,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + '_>> {
        Box::pin(async move {
            let timeout = Duration::try_from(check.timeout).unwrap_or(Duration::MAX);
            let asked = async {
                match &check.probe {
                    Probe::Command(words) => command(words, &facts).await,
                    Probe::Http(page) => self.page(page, &facts).await,
                }
            };
            let late = format!("no answer within {}", crate::rollout::span_words(check.timeout));
            tokio::time::timeout(timeout, asked).await.unwrap_or(Err(late))
        })
    }
}

async fn command(words: &[String], facts: &Facts) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let ran = Command::new(program)
        .args(arguments)
        .env("PATCHTRAIN_INSTANCE", &facts.name)
        .env("PATCHTRAIN_INSTANCE_ID", &facts.id)
        .env("PATCHTRAIN_GROUP", &facts.group)
        .env("PATCHTRAIN_RELEASE", &facts.release)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let output = ran.map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let last: String = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .chars()
        .take(SAID)
        .collect();
    let how = match output.status.code() {
        Some(code) => format!("{program} exited with {code}"),
        None => format!("{program} was ended by a signal"),
    };
    Err(if last.is_empty() { how } else { format!("{how}: {last}") })
}

impl Prober {
    async fn page(&self, page: &str, facts: &Facts) -> Result<(), String> {
        let encode = |value: &str| utf8_percent_encode(value, PLAIN).to_string();
        let [name, id, group, release] =
            [&facts.name, &facts.id, &facts.group, &facts.release].map(|fact| encode(fact));
        let url = HealthCheck::fill(page, |place| match place {
            "name" => &name,
            "id" => &id,
            "group" => &group,
            _ => &release,
        });
        let request =
            http::Request::get(&url).body(Bytes::new()).map_err(|error| format!("{url}: {error}"))?;
        let answer = self.http.send(request).await.map_err(|error| format!("{url}: {error}"))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("{url} answers {status}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let text = |text: &str| text.to_owned();
        Facts {
            name: text("web-01"),
            id: text("ocid1.instance.oc1..a"),
            group: text("web"),
            release: text("GL1.1"),
        }
    }

    fn sh(script: &str) -> Vec<String> {
        ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn a_program_is_told_of_whom_it_is_asked() {
        let test = r#"test "$PATCHTRAIN_INSTANCE $PATCHTRAIN_INSTANCE_ID $PATCHTRAIN_GROUP $PATCHTRAIN_RELEASE" = "web-01 ocid1.instance.oc1..a web GL1.1""#;
        assert_eq!(command(&sh(test), &facts()).await, Ok(()));
    }

    #[tokio::test]
    async fn what_is_wrong_is_one_line() {
        let table = [
            (sh("echo busy; echo 'queue is full' >&2; exit 3"), "/bin/sh exited with 3: busy"),
            (sh("exit 1"), "/bin/sh exited with 1"),
            (sh("kill -9 $$"), "/bin/sh was ended by a signal"),
        ];
        for (words, expected) in table {
            assert_eq!(command(&words, &facts()).await, Err(expected.to_owned()));
        }
        let missing = command(&["./no-such-program".to_owned()], &facts()).await.unwrap_err();
        assert!(missing.starts_with("cannot run ./no-such-program: "), "{missing}");
    }
}
