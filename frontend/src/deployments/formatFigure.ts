import { TIME_UNITS } from '../components/formatAge';

export type FigureUnit = 'number' | 'ratio' | 'seconds';

/** Such as `1.2`, `13%` or `1.5 hours`, in the language of the app. */
export function formatFigure(
  value: number,
  unit: FigureUnit,
  language: string,
): string {
  if (unit === 'seconds') {
    const [name, size] =
      TIME_UNITS.find(([, length]) => value >= length) ?? TIME_UNITS[3];
    return new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay: 'long',
      maximumFractionDigits: 1,
    }).format(value / size);
  }
  return new Intl.NumberFormat(language, {
    style: unit === 'ratio' ? 'percent' : 'decimal',
    maximumFractionDigits: unit === 'ratio' ? 1 : 2,
  }).format(value);
}
