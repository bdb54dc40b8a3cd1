//! Where work is done: to its end, or off the threads that serve other matches.

use tokio::task::JoinError;

/// Runs to the end even when the caller is dropped, as a handler is when its client hangs up.
pub(super) async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(failed) => as_the_caller(failed).await,
    }
}

/// Runs what takes milliseconds on a thread for such work, so that other matches' balls do not wait for it.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => as_the_caller(failed).await,
    }
}

/// A panic goes on in the caller. Otherwise the runtime is shutting down, and the caller with it.
async fn as_the_caller<T>(failed: JoinError) -> T {
    if failed.is_panic() {
        std::panic::resume_unwind(failed.into_panic());
    }
    std::future::pending().await
}
