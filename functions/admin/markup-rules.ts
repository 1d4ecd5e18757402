// Which markup an ad may have. Elements and attributes that are on no list are not kept.

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** What shows text, boxes, pictures and films. */
export const KEPT_ELEMENTS = words(
  "a abbr address article aside b big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure font " +
    "footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p picture pre q s samp section small source span strike strong " +
    "style sub sup table tbody td tfoot th thead time tr tt u ul video wbr",
);

/** What frames a document: an ad is a part of one. Their tags are left out, their content is kept; `title` and `meta` show nothing. */
export const UNWRAPPED_ELEMENTS = words("html head body title meta");

/** Elements of the above that have no end tag. */
export const VOID_ELEMENTS = words("br col hr img source wbr");

export const KEPT_ATTRIBUTES = words(
  "abbr align alt autoplay bgcolor border cellpadding cellspacing class clear color cols colspan controls datetime decoding dir face " +
    "fetchpriority height hidden hspace id lang loading loop media muted noshade nowrap playsinline preload rel reversed role rows rowspan " +
    "scope size sizes span start summary title translate type valign vspace width",
);

/** Attributes that hold a URL, and where they do something; on other elements they are not kept. */
export const URL_ATTRIBUTES: Readonly<Record<string, ReadonlySet<string>>> = {
  href: words("a"),
  src: words("img source video"),
  poster: words("video"),
  srcset: words("img source"),
};

/** A link may lead out of the frame, and nowhere else. */
export const TARGETS = words("_blank _top _parent");

/** Attributes that run script or send the reader somewhere, on whatever element; all that begin with `on` do too. */
export const REFUSED_ATTRIBUTES = words(
  "action archive background classid code codebase data dynsrc formaction http-equiv lowsrc manifest ping srcdoc usemap xlink:href " +
    "xml:base",
);
