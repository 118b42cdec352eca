//! The namespace, and buckets in it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Context, Failure, ObjectStep, Reply, Result, Then, World, change, conditions};
use crate::simulator::credentials;
use crate::simulator::front::body::{Defined, Freeform, parse, tags};
use crate::simulator::front::{known_compartment, page};
use crate::simulator::world::objects::{Bucket, BucketText, Versioning};
use crate::simulator::world::{NAMESPACE, Tags, ocid};

/// GetNamespace: a bare text.
pub(super) fn namespace(context: &Context<'_>) -> Result<Reply> {
    context.optional_compartment()?;
    Ok(Reply::Answer(Answer::ok(&NAMESPACE)))
}

/// ListBuckets, by name.
pub(super) fn list(context: &Context<'_>) -> Result<Reply> {
    context.namespace()?;
    let compartment = context.compartment()?;
    let with_tags = !fields(context, &["tags"])?.is_empty();
    let buckets = &context.world.objects.buckets;
    let rows: Vec<_> =
        buckets.iter().filter(|(_, bucket)| *bucket.text.compartment == *compartment).collect();
    let answer = page::ordered(context, &rows, |(name, bucket)| {
        let mut row = summary(name, bucket);
        if with_tags {
            row.insert("freeformTags".to_owned(), json!(bucket.text.tags.freeform));
            row.insert("definedTags".to_owned(), json!(bucket.text.tags.defined));
        }
        row
    });
    answer.map(Reply::Answer)
}

/// Returns what is asked for beside what is always told.
fn fields<'c>(context: &'c Context<'_>, known: &[&str]) -> Result<Vec<&'c str>> {
    let fields: Vec<&str> = context.query.get("fields").map_or(Vec::new(), |text| text.split(',').collect());
    match fields.iter().find(|field| !known.contains(field)) {
        None => Ok(fields),
        Some(other) => {
            let message = format!("{other} is no field of buckets; known are {}", known.join(", "));
            Err(Failure::new(400, "InvalidAttributeName", message))
        }
    }
}

fn summary(name: &str, bucket: &Bucket) -> Map<String, Value> {
    let row = json!({
        "namespace": NAMESPACE,
        "name": name,
        "compartmentId": bucket.text.compartment,
        "createdBy": credentials().user,
        "timeCreated": bucket.made.to_string(),
        "etag": bucket.etag,
    });
    match row {
        Value::Object(row) => row,
        _ => Map::new(),
    }
}

fn whole(name: &str, bucket: &Bucket) -> Map<String, Value> {
    let mut row = summary(name, bucket);
    let text = &bucket.text;
    let more = json!({
        "metadata": text.metadata,
        "publicAccessType": "NoPublicAccess",
        "storageTier": "Standard",
        "objectEventsEnabled": false,
        "freeformTags": text.tags.freeform,
        "definedTags": text.tags.defined,
        "kmsKeyId": null,
        "objectLifecyclePolicyEtag": null,
        "approximateCount": null,
        "approximateSize": null,
        "replicationEnabled": false,
        "isReadOnly": false,
        "id": bucket.id,
        "versioning": text.versioning,
        "autoTiering": null,
    });
    if let Value::Object(more) = more {
        row.extend(more);
    }
    row
}

/// Renders a bucket, as it is now.
pub(super) fn answer(world: &World, name: &str) -> Answer {
    match world.objects.buckets.get(name) {
        None => Answer::done().status(200),
        Some(bucket) => {
            let location = format!("/n/{NAMESPACE}/b/{name}");
            Answer::ok(&whole(name, bucket)).with("etag", &*bucket.etag).with("location", location)
        }
    }
}

/// GetBucket.
pub(super) fn get(context: &Context<'_>) -> Result<Reply> {
    let (name, bucket) = context.bucket()?;
    conditions::of_read(context, &bucket.etag)?;
    let mut row = whole(name, bucket);
    let contents = bucket.objects.values().flatten().filter_map(|version| version.content.as_ref());
    for field in fields(context, &["approximateCount", "approximateSize", "autoTiering"])? {
        let value = match field {
            "approximateCount" => json!(contents.clone().count()),
            "approximateSize" => json!(contents.clone().map(|content| content.length).sum::<u64>()),
            _ => json!("Disabled"),
        };
        row.insert(field.to_owned(), value);
    }
    Ok(Reply::Answer(Answer::ok(&row).with("etag", &*bucket.etag)))
}

/// HeadBucket.
pub(super) fn head(context: &Context<'_>) -> Result<Reply> {
    let (_, bucket) = context.bucket()?;
    conditions::of_read(context, &bucket.etag)?;
    Ok(Reply::Answer(Answer::done().status(200).with("etag", &*bucket.etag)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Create {
    name: Box<str>,
    compartment_id: Box<str>,
    metadata: Option<BTreeMap<Box<str>, Box<str>>>,
    public_access_type: Option<Box<str>>,
    storage_tier: Option<Box<str>>,
    object_events_enabled: Option<bool>,
    freeform_tags: Option<Freeform>,
    defined_tags: Option<Defined>,
    kms_key_id: Option<Box<str>>,
    versioning: Option<Versioning>,
    auto_tiering: Option<Box<str>>,
}

/// Refuses a property that the simulator's buckets cannot have: taken in silence it would seem to be there.
fn only(property: &str, value: Option<&str>, known: &str) -> Result<()> {
    match value {
        Some(value) if value != known => {
            let message = format!("{property} is {value}, and the simulator's buckets have {known} only");
            Err(Failure::new(400, "InvalidBucketProperty", message))
        }
        _ => Ok(()),
    }
}

fn in_compartment(id: &str) -> Result<()> {
    match known_compartment(id) {
        true => Ok(()),
        false => Err(Failure::related(id)),
    }
}

/// CreateBucket.
pub(super) fn create(context: &Context<'_>) -> Result<Reply> {
    context.namespace()?;
    let body: Create = parse(context.body)?;
    let name = body.name;
    let fits = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    if name.is_empty() || name.len() > 256 || !name.chars().all(fits) {
        let message = "a bucket's name has 1 to 256 letters, digits, hyphens, underscores and dots";
        return Err(Failure::new(400, "InvalidBucketName", message));
    }
    in_compartment(&body.compartment_id)?;
    only("publicAccessType", body.public_access_type.as_deref(), "NoPublicAccess")?;
    only("storageTier", body.storage_tier.as_deref(), "Standard")?;
    only("objectEventsEnabled", body.object_events_enabled.filter(|on| *on).map(|_| "true"), "false")?;
    only("kmsKeyId", body.kms_key_id.as_deref(), "")?;
    only("autoTiering", body.auto_tiering.as_deref(), "Disabled")?;
    if body.versioning == Some(Versioning::Suspended) {
        return Err(Failure::new(400, "InvalidBucketProperty", "a new bucket cannot be Suspended"));
    }
    if context.world.objects.buckets.contains_key(&name) {
        let message = format!(
            "Either the bucket '{name}' in namespace '{NAMESPACE}' already exists or you are not authorized to create it"
        );
        return Err(Failure::new(409, "BucketAlreadyExists", message));
    }
    let id = context.world.next_uuid("bucket");
    let step = ObjectStep::CreateBucket {
        name: name.clone(),
        id: ocid("bucket", crate::simulator::REGION, &id),
        etag: context.world.next_uuid("etag"),
        text: BucketText {
            compartment: body.compartment_id.into(),
            versioning: body.versioning.unwrap_or_default(),
            metadata: body.metadata.unwrap_or_default(),
            tags: tags(body.freeform_tags, body.defined_tags, &Tags::default()),
        },
    };
    Ok(change(step, Then::Bucket(name)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Update {
    namespace: Option<Box<str>>,
    compartment_id: Option<Box<str>>,
    name: Option<Box<str>>,
    metadata: Option<BTreeMap<Box<str>, Option<Box<str>>>>,
    public_access_type: Option<Box<str>>,
    object_events_enabled: Option<bool>,
    freeform_tags: Option<Freeform>,
    defined_tags: Option<Defined>,
    kms_key_id: Option<Box<str>>,
    versioning: Option<Versioning>,
    auto_tiering: Option<Box<str>>,
}

/// UpdateBucket: what is left out stays; metadata that is null goes.
pub(super) fn update(context: &Context<'_>) -> Result<Reply> {
    let (name, bucket) = context.bucket()?;
    let body: Update = parse(context.body)?;
    conditions::of_change(context, &bucket.etag)?;
    only("namespace", body.namespace.as_deref(), NAMESPACE)?;
    only("name", body.name.as_deref(), name)?;
    only("publicAccessType", body.public_access_type.as_deref(), "NoPublicAccess")?;
    only("objectEventsEnabled", body.object_events_enabled.filter(|on| *on).map(|_| "true"), "false")?;
    only("kmsKeyId", body.kms_key_id.as_deref(), "")?;
    only("autoTiering", body.auto_tiering.as_deref(), "Disabled")?;
    let mut text = bucket.text.clone();
    if let Some(compartment) = body.compartment_id {
        in_compartment(&compartment)?;
        text.compartment = compartment.into();
    }
    match body.versioning {
        None => {}
        Some(Versioning::Disabled) => {
            let message = "versioning can be Enabled and Suspended, and not be Disabled again";
            return Err(Failure::new(400, "InvalidBucketProperty", message));
        }
        Some(Versioning::Suspended) if text.versioning == Versioning::Disabled => {
            let message = "versioning was never Enabled";
            return Err(Failure::new(400, "InvalidBucketProperty", message));
        }
        Some(versioning) => text.versioning = versioning,
    }
    for (key, value) in body.metadata.unwrap_or_default() {
        match value {
            Some(value) => text.metadata.insert(key, value),
            None => text.metadata.remove(&key),
        };
    }
    text.tags = tags(body.freeform_tags, body.defined_tags, &text.tags);
    let etag = context.world.next_uuid("etag");
    Ok(change(ObjectStep::UpdateBucket { name: name.into(), etag, text }, Then::Bucket(name.into())))
}

/// DeleteBucket: of one that is empty, old versions counted.
pub(super) fn delete(context: &Context<'_>) -> Result<Reply> {
    let (name, bucket) = context.bucket()?;
    conditions::of_change(context, &bucket.etag)?;
    if !bucket.objects.is_empty() {
        let message = format!("Bucket named '{name}' is not empty. Delete all objects and versions first.");
        return Err(Failure::new(409, "BucketNotEmpty", message));
    }
    Ok(change(ObjectStep::DeleteBucket { name: name.into() }, Then::Done))
}
