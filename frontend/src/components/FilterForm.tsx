import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, DatePicker, Flex, Select, TextField } from '@backstage/ui';
import { parseAbsoluteToLocal } from '@internationalized/date';
import { type CSSProperties, type FormEvent, useState } from 'react';
import { useViewState } from '../hooks/useViewState';
import { customDataTranslationRef } from '../translation';

export interface FilterField {
  /** Of the URL. */
  key: string;
  label: string;
  /** A point in time, or one of these; a text if neither is given. */
  isTime?: boolean;
  options?: { value: string; label: string }[];
  /** Which option it is while nothing is chosen; any of them if not given. */
  initial?: string;
}

type Values = Record<string, string | undefined>;

const emptied = (fields: FilterField[]): Values =>
  Object.fromEntries(fields.map(({ key }) => [key, undefined]));

const FORM = {
  display: 'grid',
  // As much as a date with its time takes.
  gridTemplateColumns: 'repeat(auto-fill, minmax(235px, 1fr))',
  gap: '12px',
  alignItems: 'end',
  // A date that is not given has too little contrast in the dark otherwise.
  '--bui-fg-secondary': 'var(--bui-fg-primary)',
} as CSSProperties;

/** Narrows a list down. What it is narrowed down to is in the URL. */
export function FilterForm({ fields }: { fields: FilterField[] }) {
  const { get, go } = useViewState();
  const values: Values = Object.fromEntries(
    fields.map(({ key }) => [key, get(key)]),
  );
  // Begins anew when the URL says something else, as after "back".
  return (
    <FieldsForm
      key={JSON.stringify(values)}
      fields={fields}
      values={values}
      apply={go}
    />
  );
}

function FieldsForm(props: {
  fields: FilterField[];
  values: Values;
  apply: (values: Values) => void;
}) {
  const { fields, values, apply } = props;
  const { t } = useTranslationRef(customDataTranslationRef);
  const [draft, setDraft] = useState(values);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply(draft);
  };
  const isFiltered = Object.values(values).some(value => value !== undefined);
  return (
    <form role="search" onSubmit={submit}>
      <div style={FORM}>
        {fields.map(field => (
          <Field
            key={field.key}
            field={field}
            value={draft[field.key]}
            onChange={value =>
              setDraft(last => ({ ...last, [field.key]: value || undefined }))
            }
          />
        ))}
        <Flex gap="2">
          <Button type="submit" variant="secondary">
            {t('filter.apply')}
          </Button>
          {isFiltered && (
            <Button variant="tertiary" onPress={() => apply(emptied(fields))}>
              {t('filter.clear')}
            </Button>
          )}
        </Flex>
      </div>
    </form>
  );
}

const ANY = '';
const BROWSER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function Field(props: {
  field: FilterField;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}) {
  const { field, value, onChange } = props;
  const { label, options, isTime, initial = ANY } = field;
  const { t } = useTranslationRef(customDataTranslationRef);
  if (options) {
    return (
      <Select
        label={label}
        options={
          initial === ANY
            ? [{ value: ANY, label: t('filter.any') }, ...options]
            : options
        }
        selectedKey={value ?? initial}
        onSelectionChange={key => onChange(String(key))}
      />
    );
  }
  if (isTime) {
    return (
      <DatePicker
        label={label}
        granularity="minute"
        hideTimeZone
        value={parseTime(value)}
        onChange={date => onChange(date?.toDate(BROWSER_ZONE).toISOString())}
      />
    );
  }
  return (
    <TextField
      size="small"
      label={label}
      value={value ?? ''}
      onChange={onChange}
    />
  );
}

/** Whoever wrote the URL may have written anything. */
function parseTime(value: string | undefined) {
  try {
    return value === undefined ? null : parseAbsoluteToLocal(value);
  } catch {
    return null;
  }
}
