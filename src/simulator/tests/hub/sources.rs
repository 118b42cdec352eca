//! Software sources of the hub.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_custom_source_is_made_filled_and_listed() {
    let client = Client::new();
    let hub = Hub(&client);
    let shipped = sourced(Level::Gl1);
    let source = hub.release("GL1", &shipped).await;
    let rows = hub.all(&format!("/softwareSources/{source}/softwarePackages"));
    assert_eq!(rows.len(), shipped.len());
}
