//! A line as it is kept: the steps on the grid from each vertex to the next, exact and half as long as GeoJSON.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::line::Line;
use super::plane::{HALF_TURN, POLE, Point};

/// Longitude, latitude; then the same of each step.
type Steps = Vec<i64>;

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let steps = |piece: &Vec<super::Vertex>| -> Steps {
            let mut last = [0, 0];
            piece
                .iter()
                .flat_map(|v| {
                    let here = [i64::from(v.lon), i64::from(v.lat)];
                    let step = [here[0] - last[0], here[1] - last[1]];
                    last = here;
                    step
                })
                .collect()
        };
        serializer.collect_seq(self.pieces().iter().map(steps))
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pieces = Vec::<Steps>::deserialize(deserializer)?;
        let pieces: Option<Vec<_>> = pieces.iter().map(|steps| points(steps)).collect();
        let pieces = pieces.filter(|pieces| !pieces.is_empty());
        Ok(Self::from_points(pieces.ok_or_else(|| D::Error::custom("a kept line is damaged"))?))
    }
}

/// The vertices of a piece: at least two, each other than the one before, all on the Earth.
fn points(steps: &[i64]) -> Option<Vec<Point>> {
    let (steps, rest) = steps.as_chunks::<2>();
    let (mut lon, mut lat) = (0_i64, 0_i64);
    let mut points = Vec::with_capacity(steps.len());
    for (i, [east, north]) in steps.iter().enumerate() {
        (lon, lat) = (lon.checked_add(*east)?, lat.checked_add(*north)?);
        let on_earth = lon.abs() <= HALF_TURN && lat.abs() <= POLE;
        if !on_earth || (i > 0 && [*east, *north] == [0, 0]) {
            return None;
        }
        points.push(Point::new(lon, lat));
    }
    (rest.is_empty() && points.len() >= 2).then_some(points)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geometry::Position;

    proptest! {
        #[test]
        fn what_is_kept_is_read_again_exactly(a in (-89.0..89.0_f64, -180.0..180.0_f64), b in (-89.0..89.0_f64, -180.0..180.0_f64)) {
            let [a, b] = [a, b].map(|(lat, lon)| Position::new(lat, lon).expect("a position"));
            let Ok(line) = Line::great_circle(a, b, 50_000.0) else { return Ok(()) };
            let kept = serde_json::to_string(&line).expect("numbers");
            prop_assert_eq!(serde_json::from_str::<Line>(&kept).expect("a line"), line);
        }

        #[test]
        fn no_numbers_make_it_panic(pieces in proptest::collection::vec(proptest::collection::vec(any::<i64>(), 0..6), 0..3)) {
            let _ = serde_json::from_value::<Line>(serde_json::json!(pieces));
        }
    }

    #[test]
    fn what_is_damaged_is_no_line() {
        for damaged in
            ["[]", "[[]]", "[[1,2]]", "[[1,2,3]]", "[[1,2,0,0]]", "[[1800000000,0,1,0]]", "[[0,900000000,0,1]]", "7"]
        {
            assert!(serde_json::from_str::<Line>(damaged).is_err(), "{damaged}");
        }
    }
}
