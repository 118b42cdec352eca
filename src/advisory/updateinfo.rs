//! Reads `updateinfo.xml`, as `createrepo_c` and Oracle's repositories have it: one `<update>` after the other, each
//! whole in itself. The architecture of a package is its own; source packages are passed over, since nobody installs
//! them.

use std::io::BufRead;
use std::sync::Arc;

use super::gather::Gather;
use super::{Advisory, Fix, Severity, words};
use crate::document::{Element, Fault, Xml, shown};
use crate::package::{Package, StreamName};

/// Reads what stands in `<updates>`, which has just been opened.
pub(super) fn read<R: BufRead>(xml: &mut Xml<R>, gather: &mut Gather) -> Result<(), Fault> {
    xml.each(|xml, child| match child.name() {
        "update" => update(xml, child, gather),
        _ => Ok(()),
    })
}

/// What is read of one `<update>`, before it is known whose it is.
#[derive(Default)]
struct Draft {
    id: Option<Arc<str>>,
    title: String,
    severity: Option<Severity>,
    issued: Option<jiff::Timestamp>,
    updated: Option<jiff::Timestamp>,
    cves: Vec<Arc<str>>,
    fixes: Vec<Fix>,
}

fn update<R: BufRead>(xml: &mut Xml<R>, element: &Element, gather: &mut Gather) -> Result<(), Fault> {
    let mut draft = Draft::default();
    xml.each(|xml, child| {
        let line = child.line();
        match child.name() {
            "id" => draft.id = Some(xml.text()?).filter(|id| !id.is_empty()).map(Arc::from),
            "title" => draft.title = xml.text()?,
            "severity" => draft.severity = Severity::of_word(&xml.text()?),
            "issued" => draft.issued = gather.moment(&child.attribute("date")?, line, draft.id.as_ref()),
            "updated" => draft.updated = gather.moment(&child.attribute("date")?, line, draft.id.as_ref()),
            "references" => references(xml, &mut draft, gather)?,
            "pkglist" => packages(xml, &mut draft, gather)?,
            _ => {}
        }
        Ok(())
    })?;
    let Draft { id, title, severity, issued, updated, cves, fixes } = draft;
    let Some(id) = id else {
        gather.warnings.push(element.line(), None, "an update has no `<id>`: it is left out");
        return Ok(());
    };
    let kind = words::kind_of_type(&element.attribute("type")?, &id);
    let status = words::status(&element.attribute("status")?, &title);
    let title = title.into();
    gather.advisories.push(Advisory { id, kind, severity, title, issued, updated, cves, fixes, status });
    Ok(())
}

fn references<R: BufRead>(xml: &mut Xml<R>, draft: &mut Draft, gather: &mut Gather) -> Result<(), Fault> {
    xml.each(|_, child| {
        if child.name() == "reference" && child.attribute("type")?.eq_ignore_ascii_case("cve") {
            let mut name = child.attribute("id")?;
            if name.is_empty() {
                name = child.attribute("title")?;
            }
            gather.cve(&mut draft.cves, &name, child.line(), draft.id.as_ref());
        }
        Ok(())
    })
}

fn packages<R: BufRead>(xml: &mut Xml<R>, draft: &mut Draft, gather: &mut Gather) -> Result<(), Fault> {
    xml.each(|xml, collection| {
        if collection.name() != "collection" {
            return Ok(());
        }
        let from = draft.fixes.len();
        let mut module = None;
        xml.each(|_, child| {
            match child.name() {
                "module" => module = named(child, draft, gather)?,
                "package" => draft.fixes.extend(package(child, draft, gather)?),
                _ => {}
            }
            Ok(())
        })?;
        for fix in &mut draft.fixes[from..] {
            fix.module.clone_from(&module);
        }
        Ok(())
    })
}

fn named(element: &Element, draft: &Draft, gather: &mut Gather) -> Result<Option<StreamName>, Fault> {
    let (module, stream) = (element.attribute("name")?, element.attribute("stream")?);
    if module.is_empty() || stream.is_empty() {
        let message = "a module lacks its name or its stream: its packages count for any stream";
        gather.warnings.push(element.line(), draft.id.as_ref(), message);
        return Ok(None);
    }
    Ok(Some(StreamName { module: gather.text(&module), stream: gather.text(&stream) }))
}

fn package(element: &Element, draft: &Draft, gather: &mut Gather) -> Result<Option<Fix>, Fault> {
    let (name, version, release) =
        (element.attribute("name")?, element.attribute("version")?, element.attribute("release")?);
    let (epoch, arch) = (element.attribute("epoch")?, element.attribute("arch")?);
    if matches!(&*arch, "src" | "nosrc") {
        return Ok(None);
    }
    let evr = match &*epoch {
        "" | "0" => format!("{version}-{release}"),
        epoch => format!("{epoch}:{version}-{release}"),
    };
    match Package::from_parts(&name, &evr, &arch) {
        Ok(package) => Ok(Some(Fix::new(package))),
        Err(error) => {
            let message = format!("a package is left out: {}", shown(&error.to_string()));
            gather.warnings.push(element.line(), draft.id.as_ref(), message);
            Ok(None)
        }
    }
}
