//! In words: the ways found for a leg, and the way around.

use crate::cli::words;
use crate::flows::check_itinerary::{FoundWays, WayAround, WayOption, WaySource};
use crate::model::route::EngineState;

/// A line for each thing there is to say.
pub(super) fn told(ways: &FoundWays) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(engine), false) = (&ways.engine, ways.options.is_empty()) {
        lines.push(format!("way by {}", by(engine)));
    } else if ways.source == WaySource::CorridorTable {
        lines.push("usual ways by the operator's table, possible but not certain:".to_owned());
    }
    let alone = ways.source == WaySource::Router && ways.options.len() == 1;
    for (i, option) in ways.options.iter().enumerate().filter(|_| !alone) {
        let rank = match (ways.worst == Some(i), ways.best == Some(i), ways.worst == ways.best) {
            (true, false, _) => ", the worst, which decides",
            (false, true, false) => ", the best",
            _ => "",
        };
        lines.push(format!("{}. {}: {}{rank}", i + 1, name(option), option.verdict.as_str()));
    }
    lines.extend(ways.around.as_ref().map(around));
    lines
}

/// An engine with its version and data, as far as it tells.
fn by(engine: &EngineState) -> String {
    let version = engine.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let data = engine.data.as_ref().map(|data| format!(", road data of {data}")).unwrap_or_default();
    format!("{}{version}{data}", engine.name.as_str())
}

fn name(option: &WayOption) -> String {
    let length = option.length_m.map(words::metres);
    match (&option.name, length) {
        (Some(name), Some(length)) => format!("{name}, {length}"),
        (Some(name), None) => name.clone(),
        (None, length) => length.unwrap_or_default(),
    }
}

fn around(around: &WayAround) -> String {
    let avoided = words::list(around.avoided.iter().map(ToString::to_string));
    match (&around.way, around.extra_m, &around.none) {
        (Some(way), Some(extra_m), _) => {
            format!("around {avoided}: {}, {} more: {}", name(way), words::metres(extra_m), way.verdict.as_str())
        }
        (_, _, why) => format!("no way around {avoided}: {}", why.as_deref().unwrap_or("none was found")),
    }
}
