import { decimalRange } from './decimalRange.ts';
import { codeOf, foldedRange, predefinedItems, type RegexFlavour } from './regexClasses.ts';

export type { RegexFlavour } from './regexClasses.ts';

/** A pattern as RE2 writes it. */
export interface TranslatedRegex {
  readonly re2: string;
  /** A text that every match holds, its ASCII letters made small when `insensitive`; '' where none is known. */
  readonly literal: string;
  /** About the number of instructions in RE2's program. */
  readonly size: number;
}

/** A fault in a pattern; `index` counts UTF-16 units. */
export class RegexSyntaxError extends Error {
  readonly index: number;
  readonly remedy: string | undefined;

  constructor(message: string, index: number, remedy?: string) {
    super(message);
    this.name = 'RegexSyntaxError';
    this.index = index;
    this.remedy = remedy;
  }
}

/**
 * Reads a pattern and writes it for RE2, which matches in linear time. Lucene (org.apache.lucene.util.automaton
 * .RegExp, all flags): a pattern is about the whole text; `.` is any character, line breaks too; `^` and `$`
 * are themselves; `"…"` quotes, `@` is any text, `#` none, `<n-m>` a number between two; any character may be
 * escaped. `~` and `&` would need other automata and are refused. `insensitive` folds the letters of ASCII,
 * but not ranges of them. Throws RegexSyntaxError.
 */
export function translateRegex(
  pattern: string,
  flavour: RegexFlavour,
  insensitive: boolean,
): TranslatedRegex {
  return new Translator(pattern, flavour, insensitive).run();
}

/** Groups inside one another; RE2 has a bound of its own, which is higher. */
const MAX_GROUP_DEPTH = 100;
/** RE2's bound on {n,m}, and on the product of those inside one another. */
const MAX_REPEAT = 1000;
/** Characters of RE2 text: its program is about as long. Lucene bounds its automata at 10,000 states. */
const MAX_SIZE = 10_000;

const ANY = '[\\x{0}-\\x{10FFFF}]';
const NONE = '[^\\x{0}-\\x{10FFFF}]';
const JAVA_ANY = '[^\\n\\r\\x{85}\\x{2028}\\x{2029}]';

/** What stands for itself only behind a backslash. */
const RESERVED: Readonly<Record<RegexFlavour, string>> = {
  lucene: '|&?*+{}~[].#@"()<>\\',
  java: '|?*+{[.()\\',
};

const UNSUPPORTED: Readonly<Record<string, string>> = { '~': 'Complement (~)', '&': 'Intersection (&)' };

const JAVA_CONTROLS: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  a: '\x07',
  e: '\x1b',
};

/** A part of a pattern as RE2 text, the literal that it is if it is one, and how long RE2's program is for it. */
interface Part {
  readonly re2: string;
  readonly literal: string;
  readonly size: number;
}

class Translator {
  readonly #text: string;
  readonly #flavour: RegexFlavour;
  readonly #insensitive: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, flavour: RegexFlavour, insensitive: boolean) {
    this.#text = text;
    this.#flavour = flavour;
    this.#insensitive = insensitive;
  }

  run(): TranslatedRegex {
    if (this.#text === '') return { re2: '', literal: '', size: 0 };
    const whole = this.#union();
    if (this.#at < this.#text.length) this.#fail('Expected the end of the pattern, found ")".');
    return whole;
  }

  /** union : concatenation ('|' concatenation)* */
  #union(): Part {
    const first = this.#concatenation();
    const parts = [first];
    while (this.#accept('|')) parts.push(this.#concatenation());
    if (parts.length === 1) return first;
    const size = this.#bounded(parts.reduce((sum, part) => sum + part.size, 0));
    return { re2: parts.map((part) => part.re2).join('|'), literal: '', size };
  }

  /** concatenation : repetition+ ; its literal is the longest run of characters in it. */
  #concatenation(): Part {
    let [re2, run, longest, size] = ['', '', '', 0];
    while (this.#at < this.#text.length && !this.#isAt('|') && !this.#isAt(')')) {
      if (this.#isAt('&') && this.#flavour === 'lucene') this.#unsupported('&');
      const part = this.#repetition();
      re2 += part.re2;
      size = this.#bounded(size + part.size);
      run = part.literal === '' ? '' : run + part.literal;
      if (run.length > longest.length) longest = run;
    }
    if (re2 === '') this.#fail(`Expected a character or a group, found ${this.#found()}.`);
    return { re2, literal: longest, size };
  }

  /** repetition : atom ('?' | '*' | '+' | '{' n (',' m?)? '}')* */
  #repetition(): Part {
    let part = this.#atom();
    for (;;) {
      const start = this.#at;
      const operator = this.#accept('?') || this.#accept('*') || this.#accept('+');
      if (operator) part = repeated(part, this.#text[start]!, part.size + 1);
      else if (this.#accept('{')) part = this.#counted(part);
      else return part;
      if (this.#flavour === 'java' && this.#accept('+'))
        this.#fail('Possessive quantifiers are not supported.', start);
    }
  }

  #counted(part: Part): Part {
    const start = this.#at - 1;
    const found = this.#match(/([0-9]{1,9})(?:(,)([0-9]{1,9})?)?\}/y);
    if (found === null) return this.#fail('Expected "{n}", "{n,}" or "{n,m}".', start);
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === undefined ? undefined : Number(found[3]);
    if (most !== undefined && most < least) this.#fail(`{${least},${most}} allows no count.`, start);
    if (Math.max(least, most ?? 0) > MAX_REPEAT) this.#fail(`A count can be ${MAX_REPEAT} at most.`, start);
    const size = this.#bounded(part.size * Math.max(1, least, most ?? least + 1) + 1);
    return repeated(part, `{${least}${most === undefined ? ',' : `,${most}`}}`, size);
  }

  #atom(): Part {
    const start = this.#at;
    const character = this.#take();
    switch (character) {
      case '.':
        return this.#flavour === 'lucene'
          ? { re2: ANY, literal: '', size: 1 }
          : { re2: JAVA_ANY, literal: '', size: 1 };
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '?':
      case '*':
      case '+':
      case '{':
        return this.#fail(
          `Nothing stands before "${character}" that it could repeat.`,
          start,
          this.#escapeHint(character),
        );
    }
    return this.#flavour === 'lucene' ? this.#luceneAtom(character, start) : this.#javaAtom(character);
  }

  #luceneAtom(character: string, start: number): Part {
    switch (character) {
      case '@':
        return { re2: `${ANY}*`, literal: '', size: 2 };
      case '#':
        return { re2: NONE, literal: '', size: 1 };
      case '"':
        return this.#quoted(start);
      case '<':
        return this.#interval(start);
      case '~':
        return this.#unsupported('~', start);
    }
    return this.#character(character);
  }

  /** Anchors hold at the ends of the text, which a match spans anyway. */
  #javaAtom(character: string): Part {
    if (character === '^' || character === '$') return { re2: character, literal: '', size: 1 };
    return this.#character(character);
  }

  /** group : '(' ')' | '(' union ')', the opening parenthesis being taken */
  #group(): Part {
    const start = this.#at - 1;
    if (this.#flavour === 'java' && this.#isAt('?') && this.#match(/\?:/y) === null)
      this.#fail('Look-around, named groups and flags are not supported.', start);
    if (this.#accept(')')) return { re2: '(?:)', literal: '', size: 1 };
    this.#depth += 1;
    if (this.#depth > MAX_GROUP_DEPTH)
      this.#fail(`Groups nest deeper than ${MAX_GROUP_DEPTH} levels.`, start);
    const inner = this.#union();
    if (!this.#accept(')')) this.#fail('Expected ")" to end this group.', start);
    this.#depth -= 1;
    return { re2: `(?:${inner.re2})`, literal: '', size: inner.size };
  }

  /** class : '[' '^'? (character ('-' character)? | '\d' …)+ ']' */
  #class(): Part {
    const start = this.#at - 1;
    const negated = this.#accept('^');
    let items = '';
    while (!this.#isAt(']') || items === '') {
      if (this.#at >= this.#text.length) this.#fail('Expected "]" to end this class.', start);
      if (this.#flavour === 'java' && (this.#isAt('[') || this.#text.startsWith('&&', this.#at)))
        this.#fail('Classes inside classes are not supported.');
      items += this.#classItem();
    }
    this.#take();
    return { re2: `[${negated ? '^' : ''}${items}]`, literal: '', size: 1 };
  }

  #classItem(): string {
    const start = this.#at;
    const predefined = this.#predefined();
    if (predefined !== undefined) return predefined.items;
    const first = this.#classCharacter();
    const isRange = this.#isAt('-') && this.#text[this.#at + 1] !== ']';
    if (!isRange) return this.#either(first).map(codeOf).join('');
    this.#take();
    const last = this.#classCharacter();
    if (last.codePointAt(0)! < first.codePointAt(0)!)
      this.#fail(`The range ${first}-${last} is empty.`, start);
    return `${codeOf(first)}-${codeOf(last)}${this.#insensitive && this.#flavour === 'java' ? foldedRange(first, last) : ''}`;
  }

  #classCharacter(): string {
    const character = this.#take();
    if (character !== '\\') return character;
    return this.#escaped();
  }

  #escape(): Part {
    this.#at -= 1;
    const predefined = this.#predefined();
    if (predefined !== undefined) return { re2: `[${predefined.items}]`, literal: '', size: 1 };
    this.#take();
    return this.#character(this.#escaped());
  }

  /** \d, \w, \s and their complements, as the items of a class. */
  #predefined(): { items: string } | undefined {
    const found = this.#match(/\\([dwsDWS])/y);
    if (found === null) return undefined;
    return { items: predefinedItems(found[1]!, this.#flavour) };
  }

  /** The character behind a backslash, which is taken. */
  #escaped(): string {
    const start = this.#at - 1;
    if (this.#at >= this.#text.length) this.#fail('Expected a character behind "\\".', start);
    const character = this.#take();
    if (this.#flavour === 'lucene' || !/[A-Za-z0-9]/.test(character)) return character;
    const control = JAVA_CONTROLS[character];
    if (control !== undefined) return control;
    const hex =
      character === 'x'
        ? this.#match(/[0-9a-fA-F]{2}/y)
        : character === 'u'
          ? this.#match(/[0-9a-fA-F]{4}/y)
          : null;
    if (hex === null) return this.#fail(`\\${character} is not supported.`, start);
    return String.fromCodePoint(Number.parseInt(hex[0], 16));
  }

  #quoted(start: number): Part {
    const end = this.#text.indexOf('"', this.#at);
    if (end < 0)
      return this.#fail('Expected a double quote to end this quotation.', start, this.#escapeHint('"'));
    const characters = Array.from(this.#text.slice(this.#at, end), (each) => this.#character(each));
    this.#at = end + 1;
    const re2 = `(?:${characters.map((each) => each.re2).join('')})`;
    return {
      re2,
      literal: characters.map((each) => each.literal).join(''),
      size: this.#bounded(characters.length),
    };
  }

  #interval(start: number): Part {
    const found = this.#match(/([0-9]{1,9})-([0-9]{1,9})>/y);
    if (found === null)
      return this.#fail('Expected a range of numbers such as "<1-31>".', start, this.#escapeHint('<'));
    const re2 = decimalRange(found[1]!, found[2]!);
    return { re2: `(?:${re2})`, literal: '', size: this.#bounded(re2.length) };
  }

  #character(character: string): Part {
    const either = this.#either(character);
    const re2 = either.length === 1 ? codeOf(character) : `[${either.map(codeOf).join('')}]`;
    const literal = this.#insensitive
      ? character.replace(/[A-Z]/, (capital) => capital.toLowerCase())
      : character;
    return { re2, literal, size: 1 };
  }

  /** The character, and its other case where case is ignored. */
  #either(character: string): string[] {
    if (!this.#insensitive || !/^[A-Za-z]$/.test(character)) return [character];
    return [character.toLowerCase(), character.toUpperCase()];
  }

  #unsupported(sign: string, index = this.#at): never {
    return this.#fail(`${UNSUPPORTED[sign]} is not supported.`, index, this.#escapeHint(sign));
  }

  #escapeHint(sign: string): string | undefined {
    return RESERVED[this.#flavour].includes(sign) ? `Write \\${sign} for the character itself.` : undefined;
  }

  #bounded(size: number): number {
    if (size > MAX_SIZE)
      this.#fail(`The pattern is larger than ${MAX_SIZE} characters when counts are written out.`);
    return size;
  }

  #found(): string {
    return this.#at >= this.#text.length ? 'the end of the pattern' : `"${this.#text[this.#at]}"`;
  }

  #isAt(sign: string): boolean {
    return this.#text[this.#at] === sign;
  }

  #accept(sign: string): boolean {
    const found = this.#isAt(sign);
    if (found) this.#at += 1;
    return found;
  }

  /** The next character, which may take two units; there must be one. */
  #take(): string {
    if (this.#at >= this.#text.length) this.#fail('Expected a character, found the end of the pattern.');
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at)!);
    this.#at += character.length;
    return character;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #fail(message: string, index = this.#at, remedy?: string): never {
    throw new RegexSyntaxError(message, index, remedy);
  }
}

function repeated(part: Part, operator: string, size: number): Part {
  return { re2: `(?:${part.re2})${operator}`, literal: '', size };
}
