//! What stands between us and a server: it passes on what comes, and at a chosen moment cuts all lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// When the lines are cut, and how much of the piece that comes then still gets through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Before the piece with this number, from 0, in whichever direction.
    pub(super) piece: usize,
    /// So many hundredths of it.
    pub(super) passes: usize,
}

#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) port: u16,
    seen: Arc<Seen>,
}

#[derive(Debug)]
struct Seen {
    cut: Cut,
    pieces: AtomicUsize,
    is_cut: AtomicBool,
    tell: watch::Sender<bool>,
}

impl Proxy {
    pub(super) async fn to(port: u16, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen {
            cut,
            pieces: AtomicUsize::new(0),
            is_cut: AtomicBool::new(false),
            tell: watch::Sender::new(false),
        });
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if shared.is_cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { continue };
                let ((from, back), (answers, to)) = (client.into_split(), server.into_split());
                tokio::spawn(pass(from, to, Arc::clone(&shared)));
                tokio::spawn(pass(answers, back, Arc::clone(&shared)));
            }
        });
        Self { port: own, seen }
    }

    /// Tells whether the moment came.
    pub(super) fn has_cut(&self) -> bool {
        self.seen.is_cut.load(Ordering::SeqCst)
    }

    pub(super) fn pieces(&self) -> usize {
        self.seen.pieces.load(Ordering::SeqCst)
    }
}

/// Passes on one direction of one line. Both ends are let go of when it returns.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, seen: Arc<Seen>) {
    let mut told = seen.tell.subscribe();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            biased;
            _ = told.wait_for(|cut| *cut) => return,
            read = from.read(&mut buffer) => read,
        };
        let Ok(length @ 1..) = read else { return };
        let mut piece = &buffer[..length];
        let number = seen.pieces.fetch_add(1, Ordering::SeqCst);
        if number >= seen.cut.piece {
            piece = &piece[..length * seen.cut.passes / 100];
            // Only the first is let through in part: what comes after it, in the other direction too, is not.
            if number == seen.cut.piece {
                let _ = to.write_all(piece).await;
            }
            seen.is_cut.store(true, Ordering::SeqCst);
            let _ = seen.tell.send(true);
            return;
        }
        if to.write_all(piece).await.is_err() {
            return;
        }
    }
}
