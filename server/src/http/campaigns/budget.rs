//! Budgets that are filled: once, however often the button is pressed.

use super::campaign::shown;
use super::view::{Answer, Named, Pressed, Refused};
use crate::app::App;
use crate::http::dashboard::Path;
use access::{Deed, audit};
use axum::extract::State;
use console::Mistakes;
use console::controls::Filled;
use console::finance::money;
use rewards::fill::{self, Asked, Fill};
use serde_json::json;
use wallet::{Amount, Asset, Points, TransferId};

/// Notes it with the log in one transaction, under the form's id, and then has the ledger do it.
pub(super) async fn fill(
    State(app): State<App>,
    Path(Named { id }): Path<Named>,
    pressed: Pressed,
) -> Answer {
    let (view, fields) = (&pressed.view, &pressed.form);
    let campaign = view.campaign(&app, &id).await?;
    if !view.may_fill() {
        return Err(Refused::not_allowed(
            "Budgets of the live books are filled by whoever runs this platform. Nothing was changed.",
        ));
    }
    let number = TransferId::parse(fields.text("id")).ok_or_else(|| {
        Refused::form("This form is not whole. Load the campaign's page, and fill it in again.")
    })?;
    let mut mistakes = Mistakes::default();
    let amount = money::parse(fields.text("amount"), Points::CODE)
        .and_then(|units| Amount::<Points>::new(units).map_err(|error| error.to_string()))
        .map_err(|text| mistakes.add("amount", text));
    let why = pressed.why("why", &mut mistakes).to_owned();
    let (Ok(amount), true) = (amount, mistakes.is_empty()) else {
        return shown(&app, view, &campaign, Filled { fields, mistakes: &mistakes }).await;
    };
    let by = &view.by;
    let fill = Fill { id: number, campaign: campaign.id.clone(), amount, why, by: by.actor.id.clone() };
    let noted = app.store.run_tx("rewards.fill", async |tx| {
        if fill::ask(tx, &fill, by.at).await? == Asked::Now {
            let units = fill.amount.units();
            let after = json!({ "units": units, "why": fill.why, "id": fill.id.to_string(), "mode": campaign.books.word() });
            let deed = Deed {
                organisation_id: campaign.organisation_id.as_deref(),
                action: "campaign.fill",
                object: &campaign.id,
                after: Some(after),
                ..Deed::default()
            };
            audit::record(tx, by, &deed).await.map_err(wallet::Error::from)?;
        }
        Ok::<_, rewards::Error>(())
    });
    noted.await?;
    app.rewards.fill(&fill, campaign.books).await?;
    Ok(view.back(&format!("/campaigns/{}", campaign.id), "filled"))
}
