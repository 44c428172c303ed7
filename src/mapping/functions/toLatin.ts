/** Letters that have no decomposition in Unicode, as they are commonly written without them. */
const WRITTEN_OUT: Record<string, string> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  ł: 'l',
  Ł: 'L',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
};

/**
 * The text without its diacritics; undefined where a letter or digit is left
 * that ASCII has not, since without it two names could become the same.
 */
export function toLatin(text: string): string | undefined {
  const latin = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[\u{80}-\u{10ffff}]/gu, letter => WRITTEN_OUT[letter] ?? letter);
  return /(?=[\u{80}-\u{10ffff}])[\p{L}\p{N}]/u.test(latin) ? undefined : latin;
}
