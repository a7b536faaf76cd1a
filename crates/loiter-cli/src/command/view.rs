//! The terminal UI, as the command line wants it.

use std::{env, sync::Arc};

use loiter_cli::{
    source::{Endpoint, Native},
    ui::{self, Charset, Palette, UiOptions, View},
};
use loiter_model::query::TaskColumn;

use super::{runtime, sort::sort, terminal};
use crate::{
    cli::{PaletteArg, QueryArgs, ViewArg, ViewArgs},
    error::Error,
};

/// Attaches the UI to a target until the user has seen enough.
pub(crate) fn run(target: Endpoint, query: QueryArgs, view: &ViewArgs) -> Result<(), Error> {
    let options = options(&target, query, view)?;
    // crossterm looks at NO_COLOR by itself, but what the command line says counts for more.
    crossterm::style::force_color_output(options.palette != Palette::None);
    let source = Arc::new(Native::new(target));
    Ok(runtime()?.block_on(ui::run(source, options))?)
}

/// What the UI starts with.
fn options(target: &Endpoint, query: QueryArgs, view: &ViewArgs) -> Result<UiOptions, Error> {
    let sort = sort(
        view.sort.as_deref(),
        query.reverse,
        TaskColumn::Idle,
        "tasks",
    )?;
    Ok(UiOptions {
        charset: if view.ascii {
            Charset::Ascii
        } else {
            terminal::charset(&|name| env::var_os(name))
        },
        palette: match view.palette {
            _ if view.no_color => Palette::None,
            PaletteArg::Auto => terminal::palette(&|name| env::var_os(name)),
            PaletteArg::TrueColor => Palette::TrueColor,
            PaletteArg::Ansi256 => Palette::Ansi256,
            PaletteArg::Ansi16 => Palette::Ansi16,
            PaletteArg::None => Palette::None,
        },
        filter: query.filter.text,
        sort: Some(sort),
        blocked_after: query.blocked_after,
        view: match view.view {
            ViewArg::Tasks => View::Tasks,
            ViewArg::Sites => View::Sites,
        },
        interval: view.interval.map(Into::into),
        ..UiOptions::new(target.to_string())
    })
}
