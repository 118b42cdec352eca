//! A line that is cut at each moment of two runs: the state opens afterwards, and nothing that was acknowledged is lost.

use super::proxy::{Cut, Proxy};
use super::*;
use crate::state::store::contract::crash::{Known, goes_on, runs};

/// Cuts at one moment; tells whether that came before the runs were through.
async fn cut_at(schema: &Schema, cut: Cut) -> bool {
    let proxy = Proxy::to(schema.server.port, cut).await;
    let name = TrainName::new(&format!("cut-{}-{}", cut.piece, cut.passes));
    let far = Rows::new(
        schema.server.by_net(proxy.port, "sslmode=disable"),
        &schema.name,
        &name,
        Releases::default(),
    );
    let (mut known, mut holds) = (Known::default(), None);
    let ended = runs(&Kept::on(far, name.clone()), &mut known, &mut holds).await;
    if let Err(error) = &ended {
        let told = matches!(error, StoreError::LockLost { .. } | StoreError::Remote { .. });
        assert!(told, "{cut:?}: {error:?}");
        // Nothing is written over another line.
        if let Some(session) = &mut holds {
            let again = session.held.append(&contract::base(), b"after the cut").await.unwrap_err();
            assert!(matches!(again, StoreError::LockLost { .. }), "{again:?}");
        }
    }
    // Who has its last answer need not notice.
    let was_cut = proxy.has_cut();
    assert!(was_cut || ended.is_ok(), "{cut:?}: {ended:?} after {} pieces", proxy.pieces());
    drop(holds);
    goes_on(&Kept::on(schema.client(&name), name), &known).await;
    was_cut
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_line_is_cut_nothing_acknowledged_is_lost() {
    let Some(schema) = Schema::new().await else { return };
    for piece in 0.. {
        // None of it arrives, or a part, or all and no answer to it.
        let passes = [100, 0, 60][piece % 3];
        if !cut_at(&schema, Cut { piece, passes }).await {
            assert!(piece > 60, "only {piece} pieces");
            return;
        }
    }
}

/// The message tells that the run can be gone on with.
#[tokio::test]
async fn a_lock_whose_line_is_cut_says_so() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client(&train());
    let mut held = client.hold(&holder("ada")).await.unwrap();
    held.cut();
    let lost = held.append(&contract::base(), b"one").await.unwrap_err();
    assert!(matches!(lost, StoreError::LockLost { .. }), "{lost}");
    assert!(lost.to_string().contains("the connection that it goes with was cut"), "{lost}");
}
