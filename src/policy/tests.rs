//! What policies say of themselves, and how it is read back.

use super::*;

#[test]
fn what_is_forbidden_is_read_and_written() {
    let table = [
        ("downgrade", Deed::Downgrade, None),
        ("removal:glibc*", Deed::Removal, Some("glibc*")),
        ("stream-change:nodejs", Deed::StreamChange, Some("nodejs")),
        ("reboot", Deed::Reboot, None),
    ];
    for (text, deed, packages) in table {
        let forbidden = Forbidden::parse(text).unwrap();
        assert_eq!((forbidden.deed, forbidden.packages.as_ref().map(Pattern::as_str)), (deed, packages));
        assert_eq!(forbidden.to_string(), text);
    }
    let glibc = Forbidden::parse("removal:glibc*").unwrap();
    assert!(glibc.is_about("glibc-common") && !glibc.is_about("bash"));
    assert!(Forbidden::parse("downgrade").unwrap().is_about("bash"));
    for (bad, part) in [
        ("remove", "expected `downgrade`, `removal`"),
        ("removal:", "is not a name pattern"),
        ("removal:a b", "is not a name pattern"),
        ("reboot:db-*", "write `reboot` alone"),
        ("", "cannot be forbidden"),
    ] {
        let error = Forbidden::parse(bad).unwrap_err();
        assert!(error.contains(part), "{bad}: {error}");
    }
}

#[test]
fn a_policy_says_its_rules_in_order_and_is_kept_whole() {
    let policy: Policy = serde_json::from_value(serde_json::json!({
        "max_instances": 200,
        "max_change": 30,
        "forbid": ["downgrade", "removal:glibc*"],
        "freeze_periods": { "dates": ["2026-12-20..2027-01-02", "2027-04-01"], "timezone": "Europe/Berlin" },
        "approvals": 2,
        "approvers": [{ "name": "ada", "key": "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" }],
        "binding": true
    }))
    .unwrap();
    let rules: Vec<String> = policy.rules().iter().map(|(key, value)| format!("{key} = {value}")).collect();
    assert_eq!(
        rules,
        [
            "max_instances = 200",
            "max_change = 30%",
            "forbid = downgrade, removal:glibc*",
            "freeze_periods = 2026-12-20..2027-01-02, 2027-04-01 (Europe/Berlin)",
            "approvals = 2",
            "approvers = ada ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "override = false",
        ]
    );
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
    assert_eq!(serde_json::to_string(&Policy::default()).unwrap(), "{}");

    let at = |text: &str| policy.frozen(text.parse().unwrap());
    assert_eq!(at("2026-12-19T22:59:59Z"), None);
    assert_eq!(at("2026-12-19T23:00:00Z"), Some("2027-01-02T23:00:00Z".parse().ok()));
    assert_eq!(at("2027-01-02T23:00:00Z"), None);
}
