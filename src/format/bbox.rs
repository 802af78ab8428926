//! Boxes as callers write them: west, south, east, north in degrees, also across the antimeridian.

use crate::geometry::{Bounds, Shape, Vertex};

/// A box on the globe; one that crosses ±180 has a part on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundingBox(Vec<Bounds>);

impl BoundingBox {
    /// Reads `west,south,east,north` (RFC 7946 section 5); a west greater than the east crosses the antimeridian.
    ///
    /// # Errors
    /// When these are not four degrees in range, or the south lies north of the north.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a box west,south,east,north in degrees such as 102.3,10.4,107.6,14.7");
        let numbers: Vec<f64> =
            text.split(',').map(|n| n.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let [west, south, east, north] = numbers[..] else { return Err(wrong()) };
        let lon = |degrees: f64| (-180.0..=180.0).contains(&degrees);
        let lat = |degrees: f64| (-90.0..=90.0).contains(&degrees);
        if !(lon(west) && lon(east) && lat(south) && lat(north)) {
            return Err(wrong());
        }
        if south > north {
            return Err(format!("the box `{text}` has its south north of its north"));
        }
        let part = |west, east| Bounds { min: Vertex::nearest(south, west), max: Vertex::nearest(north, east) };
        Ok(Self(if west <= east { vec![part(west, east)] } else { vec![part(west, 180.0), part(-180.0, east)] }))
    }

    /// Whether the box meets the box around any part of the shape: a filter that may keep too much, never too little.
    pub fn meets(&self, shape: &Shape) -> bool {
        shape
            .polygons()
            .iter()
            .filter_map(|polygon| Bounds::of(&polygon.shell))
            .any(|bounds| self.meets_bounds(&bounds))
    }

    /// Whether the two boxes share a point.
    pub fn meets_bounds(&self, bounds: &Bounds) -> bool {
        self.0.iter().any(|part| part.intersects(bounds))
    }
}

/// A box as GeoJSON writes it: west, south, east, north.
pub fn degrees(bounds: &Bounds) -> [f64; 4] {
    [bounds.min.lon_degrees(), bounds.min.lat_degrees(), bounds.max.lon_degrees(), bounds.max.lat_degrees()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_across_the_antimeridian_has_two_parts() {
        let fiji = BoundingBox::parse("176,-20,-178,-15").expect("a box");
        let at =
            |lat, lon| fiji.meets_bounds(&Bounds { min: Vertex::nearest(lat, lon), max: Vertex::nearest(lat, lon) });
        assert!(at(-17.0, 179.0) && at(-17.0, -179.0));
        assert!(!at(-17.0, 0.0));
    }

    #[test]
    fn what_is_no_box_is_named() {
        for text in ["", "1,2,3", "a,b,c,d", "0,0,0,91", "NaN,0,0,0", "0,10,1,5", "1,2,3,4,5"] {
            assert!(BoundingBox::parse(text).is_err(), "{text}");
        }
    }
}
