// Tiles in a PMTiles archive; loaded where there is one.
import { addProtocol } from 'maplibre-gl';
import { PMTiles, Protocol, TileType } from 'pmtiles';
import { WORLD, type Found } from './tiles';

export async function inArchive(address: string): Promise<Found> {
  const url = new URL(address, location.href).href;
  const archive = new PMTiles(url);
  const header = await archive.getHeader();
  const about = (await archive.getMetadata().catch(() => undefined)) as { attribution?: unknown } | undefined;
  const protocol = new Protocol();
  protocol.add(archive);
  addProtocol('pmtiles', protocol.tilev4 as never);
  const { minLon, minLat, maxLon, maxLat } = header;
  return {
    tiles: [`pmtiles://${url}/{z}/{x}/{y}`],
    vector: header.tileType === TileType.Mvt,
    minzoom: header.minZoom,
    maxzoom: header.maxZoom,
    bounds: minLon < maxLon && minLat < maxLat ? [minLon, minLat, maxLon, maxLat] : WORLD,
    credit: typeof about?.attribution === 'string' && about.attribution ? about.attribution : undefined,
  };
}
