//! Putting an instance on a source: the calls that it takes, in an order that leaves it without repositories for as
//! short as the service allows, and going on from wherever an earlier attempt got to.

use super::OsmsCloud;
use super::look::is_active;
use super::wire;
use crate::cloud::calls::{DONE, Waits, found};
use crate::cloud::wire::Made;
use crate::cloud::words::{parent_id, source_id};
use crate::cloud::{CloudError, Submitted};
use crate::name::Ocid;
use crate::observed::{Instance, SourceLink};
use crate::oci::{Call, Transport};
use crate::op::{RetryToken, SourceRef};

/// The four calls that change what an instance is attached to.
#[derive(Clone, Copy)]
enum Change {
    DetachParent,
    AttachParent,
    AttachChild,
    DetachChild,
}

impl Change {
    fn operation(self) -> &'static str {
        match self {
            Self::DetachParent => "DetachParentSoftwareSourceFromManagedInstance",
            Self::AttachParent => "AttachParentSoftwareSourceToManagedInstance",
            Self::AttachChild => "AttachChildSoftwareSourceToManagedInstance",
            Self::DetachChild => "DetachChildSoftwareSourceFromManagedInstance",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::DetachParent => "detachParentSoftwareSource",
            Self::AttachParent => "attachParentSoftwareSource",
            Self::AttachChild => "attachChildSoftwareSource",
            Self::DetachChild => "detachChildSoftwareSource",
        }
    }
}

/// What is attached to an instance.
#[derive(Debug, Default)]
struct Attached {
    parent: Option<Ocid>,
    children: Vec<Ocid>,
}

impl<T: Transport> OsmsCloud<T> {
    /// Puts an instance on a source, as its parent or as a child of the train's own.
    pub(super) async fn switch(
        &self,
        instance: &Ocid,
        to: &SourceRef,
        drops: &[Ocid],
        token: &RetryToken,
    ) -> Result<Submitted, CloudError> {
        let source = source_id(to)?;
        // Whoever asks for this has looked a moment ago. To detach what is attached no more is refused.
        let (seen, _) = self.known(instance).await?.ok_or_else(|| unknown(instance))?;
        let attached = Attached::of(seen);
        let Some(under) = &to.under else {
            self.put_under(instance, attached, source, source, token).await?;
            return Ok(DONE);
        };
        let parent = parent_id(under)?;
        let attached = self.put_under(instance, attached, parent, source, token).await?;
        let has = async || Ok(self.attached(instance).await?.children.contains(source));
        if !attached.children.contains(source) {
            let call = change(instance, Change::AttachChild, source, &token.part("child"));
            self.recent.forget(instance);
            self.calls.unless(&call, has).await?;
            let is_child = |seen: &Attached| seen.children.contains(source);
            self.read_back(instance, Change::AttachChild, source, is_child, |seen| {
                seen.parent.as_ref() != Some(parent)
            })
            .await?;
        }
        // Only when the new child is known to be there may the old one go.
        let leaving = drops.iter().filter(|old| attached.children.contains(old) && *old != source);
        for (number, old) in leaving.enumerate() {
            let part = token.part(&format!("leave{number}"));
            let call = change(instance, Change::DetachChild, old, &part);
            self.recent.forget(instance);
            self.calls
                .unless(&call, async || Ok(!self.attached(instance).await?.children.contains(old)))
                .await?;
            let is_gone = |seen: &Attached| !seen.children.contains(old);
            self.read_back(instance, Change::DetachChild, old, is_gone, |_| false).await?;
        }
        Ok(DONE)
    }

    /// Sees to it that an instance has the parent, from which it is to get the source. Returns what is attached then.
    async fn put_under(
        &self,
        instance: &Ocid,
        attached: Attached,
        parent: &Ocid,
        source: &Ocid,
        token: &RetryToken,
    ) -> Result<Attached, CloudError> {
        let is_parent = |seen: &Attached| seen.parent.as_ref() == Some(parent);
        match &attached.parent {
            Some(old) if old == parent => return Ok(attached),
            Some(old) => {
                // Without a source the instance could be updated from nowhere: nothing is detached for one that is
                // not there to be attached.
                self.is_there(parent, Change::AttachParent, old).await?;
                if source != parent {
                    self.is_there(source, Change::AttachChild, old).await?;
                }
                let call = change(instance, Change::DetachParent, old, &token.part("detach"));
                self.recent.forget(instance);
                let gone = async || Ok(self.attached(instance).await?.parent.as_ref() != Some(old));
                self.calls.unless(&call, gone).await?;
            }
            None => {}
        }
        let call = change(instance, Change::AttachParent, parent, &token.part("attach"));
        self.recent.forget(instance);
        self.calls.unless(&call, async || Ok(is_parent(&self.attached(instance).await?))).await?;
        // Another parent is somebody else's doing; none may be a reading that lags.
        let other = |seen: &Attached| seen.parent.is_some();
        self.read_back(instance, Change::AttachParent, parent, is_parent, other).await
    }

    /// Fails where a source that is to be attached is not there; the instance then keeps what it has.
    async fn is_there(&self, source: &Ocid, change: Change, kept: &Ocid) -> Result<(), CloudError> {
        if self.recent.is_active(source) {
            return Ok(());
        }
        let look = Call::get("GetSoftwareSource", &["softwareSources", source.as_str()]);
        let there: Option<Made> = found(self.calls.one(&look).await)?;
        if there.is_some_and(|there| is_active(there.lifecycle_state.as_deref())) {
            self.recent.note_active(source);
            return Ok(());
        }
        Err(CloudError::Unaskable {
            operation: change.operation(),
            reason: format!("the software source {source} is gone; the instance stays on {kept}"),
        })
    }

    /// Waits until an instance shows a change, or what shows that it will not.
    async fn read_back(
        &self,
        instance: &Ocid,
        change: Change,
        source: &Ocid,
        holds: impl Fn(&Attached) -> bool,
        hopeless: impl Fn(&Attached) -> bool,
    ) -> Result<Attached, CloudError> {
        let mut waits = Waits::new();
        loop {
            let seen = self.attached(instance).await?;
            if holds(&seen) {
                return Ok(seen);
            }
            if hopeless(&seen) || !waits.wait().await {
                let parent = seen.parent.map_or_else(|| "none".to_owned(), |parent| parent.to_string());
                let mut shown = format!("the parent source of {instance} is {parent}");
                if !seen.children.is_empty() {
                    let children: Vec<&str> = seen.children.iter().map(Ocid::as_str).collect();
                    shown = format!("{shown}, with the children {}", children.join(", "));
                }
                let what = match change {
                    Change::AttachParent | Change::AttachChild => "attached",
                    Change::DetachParent | Change::DetachChild => "detached",
                };
                return Err(CloudError::Answer {
                    operation: change.operation(),
                    reason: format!("{source} was {what}, and {shown}"),
                    request_id: String::new(),
                });
            }
        }
    }

    async fn attached(&self, instance: &Ocid) -> Result<Attached, CloudError> {
        let (seen, _) = self.instance(instance).await?.ok_or_else(|| unknown(instance))?;
        Ok(Attached::of(seen))
    }
}

impl Attached {
    fn of(seen: Instance) -> Self {
        let id = |link: SourceLink| link.id;
        Self { parent: seen.parent.map(id), children: seen.children.into_iter().map(id).collect() }
    }
}

fn unknown(instance: &Ocid) -> CloudError {
    CloudError::Unaskable {
        operation: Change::AttachParent.operation(),
        reason: format!("the service no longer knows {instance}"),
    }
}

fn change(instance: &Ocid, change: Change, source: &Ocid, token: &RetryToken) -> Call {
    let path = ["managedInstances", instance.as_str(), "actions", change.action()];
    Call::post(change.operation(), &path)
        .json(&wire::SourceOfInstance { software_source_id: source.as_str() })
        .token(token.0.clone())
        .slow()
}
