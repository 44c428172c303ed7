import { Link } from '@backstage/ui';
import { MAX_TEXT, showText, webUrl } from './showText';

const style = { overflowWrap: 'anywhere', unicodeBidi: 'isolate' } as const;

/** Anything that comes from outside: as text, cut, in a direction of its own. */
export function ShownText(props: { value: unknown; max?: number }) {
  const { value, max = MAX_TEXT } = props;
  return (
    <span dir="auto" style={style}>
      {showText(value, max)}
    </span>
  );
}

/** Several lines, such as a payload, as they are. */
export function ShownBlock(props: { value: unknown; max?: number }) {
  const { value, max = 20_000 } = props;
  const text =
    typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <pre
      style={{ ...style, whiteSpace: 'pre-wrap', margin: 0 }}
      // Whoever has no mouse scrolls it too.
      tabIndex={0} // eslint-disable-line jsx-a11y/no-noninteractive-tabindex
    >
      {showText(text, max)}
    </pre>
  );
}

/** A link where a browser may follow it, and its text where it may not. */
export function WebLink(props: { url?: string; children?: string }) {
  const href = webUrl(props.url);
  const text = <ShownText value={props.children ?? props.url ?? ''} />;
  return href ? (
    <Link href={href} target="_blank" rel="noopener noreferrer">
      {text}
    </Link>
  ) : (
    text
  );
}
