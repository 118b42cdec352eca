//! The operations of Object Storage by method and path, which stand under no version, and which of them the simulator
//! serves. `{*}` is the name of an object, slashes and all.

use super::{buckets, content, list};
use crate::simulator::front::Handler;
use crate::simulator::front::route::{Route, Serves};

/// All of them.
#[rustfmt::skip]
pub(crate) static ROUTES: [Route; 61] = [
    served("GET", "/n", "GetNamespace", "compartmentId", buckets::namespace),
    // As Oracle's own tools write some of them.
    served("GET", "/n/", "GetNamespace", "compartmentId", buckets::namespace),
    served("GET", "/n/{}/b", "ListBuckets", "compartmentId! limit page fields", buckets::list),
    served("GET", "/n/{}/b/", "ListBuckets", "compartmentId! limit page fields", buckets::list),
    served("POST", "/n/{}/b", "CreateBucket", "", buckets::create),
    served("POST", "/n/{}/b/", "CreateBucket", "", buckets::create),
    served("GET", "/n/{}/b/{}", "GetBucket", "fields", buckets::get),
    served("HEAD", "/n/{}/b/{}", "HeadBucket", "", buckets::head),
    served("POST", "/n/{}/b/{}", "UpdateBucket", "", buckets::update),
    served("DELETE", "/n/{}/b/{}", "DeleteBucket", "", buckets::delete),
    served("GET", "/n/{}/b/{}/o", "ListObjects", "prefix start end limit delimiter fields startAfter", list::objects),
    served("GET", "/n/{}/b/{}/objectversions", "ListObjectVersions", "prefix start end limit delimiter fields startAfter page", list::versions),
    Route { streams: true, ..served("PUT", "/n/{}/b/{}/o/{*}", "PutObject", "", content::put) },
    served("GET", "/n/{}/b/{}/o/{*}", "GetObject", "versionId httpResponseContentDisposition httpResponseCacheControl httpResponseContentType httpResponseContentLanguage httpResponseContentEncoding httpResponseExpires", content::get),
    served("HEAD", "/n/{}/b/{}/o/{*}", "HeadObject", "versionId", content::head),
    served("DELETE", "/n/{}/b/{}/o/{*}", "DeleteObject", "versionId", content::delete),
    missing("GET", "/n/{}", "GetNamespaceMetadata"),
    missing("PUT", "/n/{}", "UpdateNamespaceMetadata"),
    missing("GET", "/n/{}/b/{}/u", "ListMultipartUploads"),
    missing("POST", "/n/{}/b/{}/u", "CreateMultipartUpload"),
    missing("GET", "/n/{}/b/{}/u/{*}", "ListMultipartUploadParts"),
    missing("PUT", "/n/{}/b/{}/u/{*}", "UploadPart"),
    missing("POST", "/n/{}/b/{}/u/{*}", "CommitMultipartUpload"),
    missing("DELETE", "/n/{}/b/{}/u/{*}", "AbortMultipartUpload"),
    missing("GET", "/n/{}/b/{}/l", "GetObjectLifecyclePolicy"),
    missing("PUT", "/n/{}/b/{}/l", "PutObjectLifecyclePolicy"),
    missing("DELETE", "/n/{}/b/{}/l", "DeleteObjectLifecyclePolicy"),
    missing("GET", "/n/{}/b/{}/p", "ListPreauthenticatedRequests"),
    missing("GET", "/n/{}/b/{}/p/", "ListPreauthenticatedRequests"),
    missing("POST", "/n/{}/b/{}/p", "CreatePreauthenticatedRequest"),
    missing("POST", "/n/{}/b/{}/p/", "CreatePreauthenticatedRequest"),
    missing("GET", "/n/{}/b/{}/p/{}", "GetPreauthenticatedRequest"),
    missing("DELETE", "/n/{}/b/{}/p/{}", "DeletePreauthenticatedRequest"),
    missing("GET", "/n/{}/b/{}/replicationPolicies", "ListReplicationPolicies"),
    missing("POST", "/n/{}/b/{}/replicationPolicies", "CreateReplicationPolicy"),
    missing("GET", "/n/{}/b/{}/replicationPolicies/{}", "GetReplicationPolicy"),
    missing("DELETE", "/n/{}/b/{}/replicationPolicies/{}", "DeleteReplicationPolicy"),
    missing("GET", "/n/{}/b/{}/replicationSources", "ListReplicationSources"),
    missing("GET", "/n/{}/b/{}/retentionRules", "ListRetentionRules"),
    missing("POST", "/n/{}/b/{}/retentionRules", "CreateRetentionRule"),
    missing("GET", "/n/{}/b/{}/retentionRules/{}", "GetRetentionRule"),
    missing("PUT", "/n/{}/b/{}/retentionRules/{}", "UpdateRetentionRule"),
    missing("DELETE", "/n/{}/b/{}/retentionRules/{}", "DeleteRetentionRule"),
    missing("POST", "/n/{}/b/{}/actions/batchDeleteObjects", "BatchDeleteObjects"),
    missing("POST", "/n/{}/b/{}/actions/copyObject", "CopyObject"),
    missing("POST", "/n/{}/b/{}/actions/makeBucketWritable", "MakeBucketWritable"),
    missing("POST", "/n/{}/b/{}/actions/reencrypt", "ReencryptBucket"),
    missing("POST", "/n/{}/b/{}/actions/reencrypt/{*}", "ReencryptObject"),
    missing("POST", "/n/{}/b/{}/actions/renameObject", "RenameObject"),
    missing("POST", "/n/{}/b/{}/actions/restoreObjects", "RestoreObjects"),
    missing("POST", "/n/{}/b/{}/actions/updateObjectStorageTier", "UpdateObjectStorageTier"),
    missing("GET", "/n/{}/pe", "ListPrivateEndpoints"),
    missing("POST", "/n/{}/pe", "CreatePrivateEndpoint"),
    missing("GET", "/n/{}/pe/{}", "GetPrivateEndpoint"),
    missing("POST", "/n/{}/pe/{}", "UpdatePrivateEndpoint"),
    missing("DELETE", "/n/{}/pe/{}", "DeletePrivateEndpoint"),
    missing("GET", "/workRequests", "ListWorkRequests"),
    missing("GET", "/workRequests/{}", "GetWorkRequest"),
    missing("DELETE", "/workRequests/{}", "CancelWorkRequest"),
    missing("GET", "/workRequests/{}/errors", "ListWorkRequestErrors"),
    missing("GET", "/workRequests/{}/logs", "ListWorkRequestLogs"),
];

const fn served(
    method: &'static str,
    path: &'static str,
    name: &'static str,
    query: &'static str,
    handler: Handler,
) -> Route {
    let serves = Some(Serves::Objects(handler));
    Route { method, path, name, query, takes_token: false, streams: false, serves }
}

const fn missing(method: &'static str, path: &'static str, name: &'static str) -> Route {
    Route { method, path, name, query: "", takes_token: false, streams: true, serves: None }
}
