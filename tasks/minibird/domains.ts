/**
 * The eight domains of minibird, as data.
 *
 * @module
 */

import { code, type Domain, form, formName, key, link } from "./domain.ts";
import { number, pair, plainName, word } from "./domain.ts";

const GYM: Domain = {
  id: "gym",
  main: {
    name: "member",
    many: "members",
    rowCount: 240,
    preposition: "",
    columns: [
      key("member_id"),
      link("club_id", "club"),
      ...pair(["home_town", "work_town"], "town", "from {}"),
      code("plan", "that are {}", {
        monthly: "MTH",
        yearly: "YR",
        weekly: "Wk",
        daily: "DLY",
        paused: "PSD",
      }),
      number("fee", [10, 150], { step: 0.5 }),
    ],
  },
  others: [{
    name: "club",
    many: "clubs",
    rowCount: 80,
    preposition: "at",
    columns: [
      key("club_id"),
      plainName(),
      form("city", "city", "in {}"),
      number("staff", [4, 90], { label: "staff size" }),
      number("year", [1950, 2020], { label: "start year", isYear: true }),
    ],
  }],
};

const LIBRARY: Domain = {
  id: "library",
  main: {
    name: "book",
    many: "books",
    rowCount: 240,
    preposition: "",
    columns: [
      key("book_id"),
      link("writer_id", "writer"),
      ...pair(["publisher", "printer"], "brand", "from {}"),
      code("genre", "that are {}", {
        fiction: "FIC",
        poetry: "POE",
        history: "Hist",
        travel: "TRV",
        science: "SCI",
        law: "lw",
      }),
      number("pages", [80, 900], { label: "page count" }),
    ],
  },
  others: [{
    name: "writer",
    many: "writers",
    rowCount: 60,
    preposition: "by",
    columns: [
      key("writer_id"),
      formName("name", "person"),
      word("country", "of {}", "Norway Ghana Chile India Canada Kenya"),
      number("birth_year", [1910, 1995], { isYear: true }),
      number("prizes", [0, 40], { label: "prize count" }),
    ],
  }],
};

const AIRLINE: Domain = {
  id: "airline",
  main: {
    name: "flight",
    many: "flights",
    rowCount: 240,
    preposition: "",
    columns: [
      key("flight_id"),
      link("airline_id", "airline"),
      form("pilot", "person", "flown by {}"),
      code("status", "that are {}", {
        cancelled: "CXL",
        delayed: "DEL",
        diverted: "DIV",
        landed: "Lnd",
        boarding: "BRD",
      }),
      number("minutes", [40, 700], { label: "flight time" }),
      number("seats", [50, 400], { label: "seat count" }),
    ],
  },
  others: [{
    name: "airline",
    many: "airlines",
    rowCount: 70,
    preposition: "of",
    columns: [
      key("airline_id"),
      plainName(),
      ...pair(["base_city", "tax_city"], "city", "in {}"),
      number("fleet", [5, 250], { label: "fleet size" }),
    ],
  }],
};

const CLINIC: Domain = {
  id: "clinic",
  main: {
    name: "visit",
    many: "visits",
    rowCount: 240,
    preposition: "",
    columns: [
      key("visit_id"),
      link("doctor_id", "doctor"),
      ...pair(["drug", "backup"], "brand", "using {}"),
      code("result", "that are {}", {
        open: "OPN",
        closed: "CLS",
        referred: "REF",
        missed: "Mis",
        urgent: "URG",
      }),
      number("cost", [20, 900], { step: 0.5 }),
    ],
  },
  others: [{
    name: "doctor",
    many: "doctors",
    rowCount: 60,
    preposition: "to",
    columns: [
      key("doctor_id"),
      formName("name", "person"),
      word("field", "in {}", "Surgery Cardio neurology Dental ENT Eye"),
      number("salary", [60, 290]),
      number("patients", [20, 480], { label: "patient count" }),
    ],
  }],
};

const SHOP: Domain = {
  id: "shop",
  main: {
    name: "sale",
    many: "sales",
    rowCount: 240,
    preposition: "",
    columns: [
      key("sale_id"),
      link("product_id", "product"),
      form("city", "city", "shipped to {}"),
      code("payment", "paid by {}", {
        cash: "CSH",
        card: "CRD",
        invoice: "inv",
        cheque: "CHQ",
        voucher: "VCH",
      }),
      number("units", [1, 200], { label: "unit count" }),
      number("year", [1995, 2024], { label: "year", isYear: true }),
    ],
  },
  others: [{
    name: "product",
    many: "products",
    rowCount: 70,
    preposition: "of",
    columns: [
      key("product_id"),
      plainName(),
      ...pair(["brand", "maker"], "brand", "by {}"),
      word("kind", "of kind {}", "Lamp chair TV Desk Sofa radio"),
      number("price", [5, 500], { step: 0.5 }),
    ],
  }],
};

const CINEMA: Domain = {
  id: "cinema",
  main: {
    name: "show",
    many: "shows",
    rowCount: 230,
    preposition: "",
    columns: [
      key("show_id"),
      link("film_id", "film"),
      link("hall_id", "hall"),
      code("slot", "in the {}", {
        morning: "MOR",
        noon: "NN",
        evening: "Eve",
        night: "NGT",
        weekend: "WE",
      }),
      number("guests", [10, 400], { label: "guest count" }),
      number("ticket", [5, 60], { label: "ticket price", step: 0.5 }),
    ],
  },
  others: [{
    name: "film",
    many: "films",
    rowCount: 60,
    preposition: "of",
    columns: [
      key("film_id"),
      formName("title", "title"),
      word("type", "of type {}", "Drama comedy Horror Western MUSICAL Noir"),
      number("length", [70, 240]),
      number("year", [1940, 2024], { label: "year", isYear: true }),
    ],
  }, {
    name: "hall",
    many: "halls",
    rowCount: 60,
    preposition: "at",
    columns: [
      key("hall_id"),
      plainName(),
      ...pair(["owner", "manager"], "person", "run by {}"),
      number("seats", [40, 600], { label: "seat count" }),
    ],
  }],
};

const FARM: Domain = {
  id: "farm",
  main: {
    name: "harvest",
    many: "harvests",
    rowCount: 240,
    preposition: "",
    columns: [
      key("harvest_id"),
      link("farm_id", "farm"),
      form("buyer", "brand", "sold to {}"),
      word("crop", "of crop {}", "Wheat barley Corn OATS Rye Rice"),
      code("grade", "that are {}", {
        organic: "ORG",
        fresh: "Fr",
        dried: "DRD",
        damaged: "DMG",
        bulk: "BLK",
      }),
      number("weight", [1, 300]),
    ],
  },
  others: [{
    name: "farm",
    many: "farms",
    rowCount: 70,
    preposition: "from",
    columns: [
      key("farm_id"),
      plainName(),
      ...pair(["owner", "tenant"], "person", "of {}"),
      number("size", [10, 900], { step: 0.5 }),
    ],
  }],
};

const RAIL: Domain = {
  id: "rail",
  main: {
    name: "stop",
    many: "stops",
    rowCount: 230,
    preposition: "",
    columns: [
      key("stop_id"),
      link("station_id", "station"),
      link("line_id", "line"),
      code("mode", "that are {}", {
        express: "EXP",
        local: "LOC",
        freight: "Fgt",
        special: "SPC",
        optional: "OPT",
      }),
      number("delay", [0, 90]),
      number("riders", [5, 900], { label: "rider count" }),
    ],
  },
  others: [{
    name: "station",
    many: "stations",
    rowCount: 60,
    preposition: "at",
    columns: [
      key("station_id"),
      formName("name", "town"),
      word("zone", "in zone {}", "North south Inner Outer COAST Hills"),
      number("tracks", [2, 40], { label: "track count" }),
    ],
  }, {
    name: "line",
    many: "lines",
    rowCount: 60,
    preposition: "on",
    columns: [
      key("line_id"),
      plainName(),
      ...pair(["owner", "operator"], "brand", "run by {}"),
      number("length", [8, 700]),
    ],
  }],
};

/** All domains, in the order of `dev_tables.json`. */
export const DOMAINS: readonly Domain[] = [
  GYM,
  LIBRARY,
  AIRLINE,
  CLINIC,
  SHOP,
  CINEMA,
  FARM,
  RAIL,
];
