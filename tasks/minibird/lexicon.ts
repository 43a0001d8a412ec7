/**
 * The words that the databases are filled with. A pool is shared by several domains, and its
 * values are split once for all of them.
 *
 * @module
 */

const CITIES = [
  ..."Zurich Oslo Lisbon Vienna Dublin Madrid Prague Athens Warsaw Helsinki".split(" "),
  ..."Budapest Geneva Hamburg Munich Turin Naples Porto Seville Bruges Krakow".split(" "),
  ..."Lyon Nantes Bergen Malmo Tampere Riga Tallinn Vilnius Sofia Zagreb".split(" "),
  ..."Cairo Tunis Nairobi Lagos Lima Quito Bogota Havana Boston Denver".split(" "),
  ..."Toronto Kyoto Osaka Seoul".split(" "),
  ...["Saint Gallen", "Saint Malo", "Mount Isa", "Fort Worth", "Port Louis", "Port Sudan"],
];

const TOWNS = [
  ..."Ashford Millbrook Oakham Elmwood Stonefield Redhill Fairview Westbury Kingsley".split(" "),
  ..."Northgate Brookdale Silverton Maplewood Hartwell Langley Thornbury Whitby".split(" "),
  ..."Greenport Ridgeway Summerton Winterfold Larkspur Foxton Harborne Beechcroft".split(" "),
  ..."Cliffside Dunmore Eastleigh Fernhill Glenview Hazelmere Ironbridge Knollwood".split(" "),
  ..."Lakemont Marshfield Newhaven Pinecrest Rosemont Sandford Tidewell Underhill".split(" "),
  ..."Valemount Yardley".split(" "),
  ...["Saint Albans", "Saint Neots", "Mount Arden", "Mount Pleasant", "Fort Bowen"],
  ...["Fort Hanley", "Port Merrow"],
];

const FIRST_NAMES = ("Anna Boris Clara David Elena Felix Greta Hugo Irene Jonas Karla Leo Maria " +
  "Nils Olga Paul Rosa Simon Tanja Victor").split(" ");

const LAST_NAMES = [
  ..."Bell Carter Dawson Ellis Fisher Grant Hayes Irving Jensen Keller".split(" "),
  ..."Lambert Mason Nolan Osborn Palmer Quinn Ramsey Sawyer Turner Underwood".split(" "),
  ..."Vaughn Walker Yates Zimmer Abbott Barker Conway Duncan Emerson Fletcher".split(" "),
  ..."Gibson Harper Ingram Jarvis Kramer Lowell Morris Norton Oakley Porter".split(" "),
  ..."Rhodes Sutton Thorne Upton Vance Weaver York Archer Becker Crosby".split(" "),
];

const BRANDS = [
  ..."Lumen Vectra Nordik Solara Zentro Altix Brevo Cordia Delfin Evora".split(" "),
  ..."Fluxon Garvo Helix Invera Jovan Kestra Lirio Mondex Novaro Optima".split(" "),
  ..."Pelago Quanta Rivora Stelvo Tandem Umbra Velino Wexler Xandor Yorvik".split(" "),
  ..."Zephyr Arbona Bexley Cinder Dorado Ember Fabrico Gentra Hanzo Ionis".split(" "),
  ..."Jasper Korvan Lattice Mistral Nimbus Orion Pyxis Ravelo Sirocco Talaro".split(" "),
];

const ADJECTIVES = "Silent Golden Broken Hidden Last Crimson Distant Frozen Gentle Wild".split(" ");

const NOUNS = [
  ..."River Mountain Garden Harbor Mirror Shadow Window Winter Summer Forest".split(" "),
  ..."Island Desert Bridge Castle Lantern Letter Journey Promise Secret Silence".split(" "),
  ..."Thunder Horizon Orchard Voyage Whisper Compass Feather Crown Emerald Ribbon".split(" "),
  ..."Anchor Falcon Tempest Meadow Candle Canyon Curtain Diamond Echo Fortune".split(" "),
  ..."Glacier Hunter Kingdom Market Ocean Palace Rocket Station Temple Valley".split(" "),
];

const COLOURS = "Red Blue Green White Black Amber Coral Ivory Silver Copper Violet Scarlet"
  .split(" ");

const ANIMALS = "Otter Heron Fox Lynx Raven Badger Swan Tiger Bison Owl".split(" ");

/** Each noun once; the adjectives go around, a full turn later each time they meet. */
function paired(first: readonly string[], last: readonly string[]): string[] {
  return last.map((word, i) => `${first[(i * 7) % first.length]} ${word}`);
}

/**
 * The values of each pool. In all but `plain`, the last word of a value is part of no other value,
 * so that a person who looks for this word finds one value.
 */
export const POOLS = {
  city: CITIES,
  town: TOWNS,
  person: paired(FIRST_NAMES, LAST_NAMES),
  brand: BRANDS,
  title: paired(ADJECTIVES, NOUNS),
  plain: COLOURS.flatMap((colour) => ANIMALS.map((animal) => `${colour} ${animal}`)),
} as const satisfies Record<string, readonly string[]>;

/** Names a pool. */
export type PoolName = keyof typeof POOLS;

/** The word of a value to look for: the last one, which every stored form has. */
export function lookUpWord(value: string): string {
  return value.split(" ").at(-1)!;
}
