//! Geometry: the only user of `geo`, `geojson` and `rstar`.
