/** Inputs for a Dag's params, as their JSON Schemas ask for them, and what is wrong with what was given. */
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { Json, ParamSpec } from "../api/types.ts";
import { Field, Select } from "../components/field.tsx";
import { InstantInput } from "../components/instant-input.tsx";

type Params = { [name: string]: ParamSpec };
type Values = { [name: string]: Json | undefined };
type Schema = {
  type?: string | string[];
  enum?: Json[];
  examples?: Json[];
  title?: string;
  description?: string;
  description_md?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  section?: string;
  const?: Json;
};

const schemaOf = (param: ParamSpec): Schema => param.schema as Schema;
const typesOf = ({ type }: Schema): readonly string[] => (type === undefined ? [] : [type].flat());

export function defaultsOf(params: Params): Values {
  return Object.fromEntries(Object.entries(params).map(([name, { value }]) => [name, value]));
}

export function checkParams(params: Params, values: Values, t: TFunction): { [name: string]: string } {
  const errors: { [name: string]: string } = {};
  for (const [name, param] of Object.entries(params)) {
    const problem = problemOf(schemaOf(param), values[name], t);
    if (problem !== null) errors[name] = problem;
  }
  return errors;
}

function problemOf(schema: Schema, value: Json | undefined, t: TFunction): string | null {
  const types = typesOf(schema);
  if (value === undefined || value === null)
    return types.length === 0 || types.includes("null") ? null : t("A value is needed");
  if (typeof value === "number") {
    if (types.includes("integer") && !types.includes("number") && !Number.isInteger(value))
      return t("Expected a whole number");
    if (schema.minimum !== undefined && value < schema.minimum)
      return t("Expected at least {{limit}}", { limit: schema.minimum });
    if (schema.maximum !== undefined && value > schema.maximum)
      return t("Expected at most {{limit}}", { limit: schema.maximum });
  }
  if (typeof value === "string") {
    if (schema.minLength !== undefined && value.length < schema.minLength)
      return t("Expected at least {{limit}} characters", { limit: schema.minLength });
    if (schema.maxLength !== undefined && value.length > schema.maxLength)
      return t("Expected at most {{limit}} characters", { limit: schema.maxLength });
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value))
      return t("Expected a text that fits {{pattern}}", { pattern: schema.pattern });
    if (types.length > 0 && !types.includes("string"))
      return t("Expected JSON of the type {{type}}", { type: types.join(", ") });
  }
  return null;
}

interface FormProps {
  params: Params;
  values: Values;
  onChange: (values: Values) => void;
  errors: { [name: string]: string };
}

export function ParamsForm({ params, ...rest }: FormProps) {
  const { t } = useTranslation();
  const names = Object.keys(params);
  if (names.length === 0) return <p className="text-soft">{t("This Dag has no params.")}</p>;
  const sections = Map.groupBy(names, (name) => schemaOf(params[name] as ParamSpec).section ?? "");
  return (
    <div className="flex flex-col gap-5">
      {[...sections].map(([section, own]) =>
        section === "" ? (
          <Section key="" names={own} params={params} {...rest} />
        ) : (
          <fieldset key={section}>
            <legend className="mb-2 font-semibold">{section}</legend>
            <Section names={own} params={params} {...rest} />
          </fieldset>
        ),
      )}
    </div>
  );
}

function Section({ names, params, values, onChange, errors }: FormProps & { names: readonly string[] }) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      {names.map((name) => {
        const param = params[name] as ParamSpec;
        const schema = schemaOf(param);
        const set = (value: Json | undefined): void => onChange({ ...values, [name]: value });
        return (
          <div key={name} className={isWide(schema, param.value) ? "sm:col-span-2" : ""}>
            <Field
              label={schema.title ?? name}
              hint={param.description ?? schema.description ?? schema.description_md}
              error={errors[name] ?? null}
            >
              {(id) => <Input id={id} name={name} schema={schema} value={values[name]} set={set} />}
            </Field>
          </div>
        );
      })}
    </div>
  );
}

function isWide(schema: Schema, value: Json | undefined): boolean {
  const types = typesOf(schema);
  return (
    types.includes("object") ||
    types.includes("array") ||
    schema.format === "multiline" ||
    (typeof value === "object" && value !== null)
  );
}

interface InputProps {
  id: string;
  name: string;
  schema: Schema;
  value: Json | undefined;
  set: (value: Json | undefined) => void;
}

function Input(props: InputProps) {
  const { id, name, schema, value, set } = props;
  const types = typesOf(schema);
  if (schema.const !== undefined)
    return <input id={id} readOnly value={String(schema.const)} className="field" />;
  if (schema.enum !== undefined)
    return (
      <Select
        id={id}
        value={JSON.stringify(value ?? null)}
        onChange={(text) => set(JSON.parse(text) as Json)}
        options={schema.enum.map((one) => ({ value: JSON.stringify(one), label: String(one) }))}
      />
    );
  if (types.includes("boolean") || typeof value === "boolean")
    return (
      <input
        id={id}
        type="checkbox"
        checked={value === true}
        onChange={(event) => set(event.target.checked)}
        className="size-4 accent-[var(--accent)]"
      />
    );
  if (types.includes("integer") || types.includes("number") || typeof value === "number")
    return (
      <input
        id={id}
        name={name}
        type="number"
        step={types.includes("integer") ? 1 : "any"}
        value={typeof value === "number" ? value : ""}
        onChange={(event) => set(event.target.value === "" ? null : Number(event.target.value))}
        className="field"
      />
    );
  if (isWide(schema, value) && schema.format !== "multiline") return <JsonInput {...props} />;
  return <TextInput {...props} />;
}

const htmlTypes: Record<string, string> = {
  date: "date",
  time: "time",
  email: "email",
};

function TextInput({ id, name, schema, value, set }: InputProps) {
  const change = (text: string): void => set(text === "" && typesOf(schema).includes("null") ? null : text);
  if (schema.format === "multiline")
    return (
      <textarea
        id={id}
        rows={4}
        value={String(value ?? "")}
        onChange={(event) => change(event.target.value)}
        className="field"
      />
    );
  if (schema.format === "date-time")
    return <InstantParam id={id} name={name} value={value} onChange={change} />;
  return (
    <>
      <input
        id={id}
        name={name}
        type={htmlTypes[schema.format ?? ""] ?? "text"}
        value={String(value ?? "")}
        list={schema.examples === undefined ? undefined : `${id}-examples`}
        onChange={(event) => change(event.target.value)}
        className="field"
      />
      {schema.examples === undefined ? null : (
        <datalist id={`${id}-examples`}>
          {schema.examples.map((one) => (
            <option key={String(one)} value={String(one)} />
          ))}
        </datalist>
      )}
    </>
  );
}

/** Tasks are given the instant, with its zone; a text that is none stays, until somebody chooses one. */
function InstantParam({
  id,
  name,
  value,
  onChange,
}: Pick<InputProps, "id" | "name" | "value"> & { onChange: (text: string) => void }) {
  const at = Date.parse(String(value ?? ""));
  return (
    <InstantInput
      id={id}
      name={name}
      at={Number.isNaN(at) ? null : at}
      onChange={(next) => onChange(next === null ? "" : new Date(next).toISOString())}
    />
  );
}

/** JSON that is not finished yet stays a text; the check before sending says so. */
function JsonInput({ id, value, set }: InputProps) {
  return (
    <textarea
      id={id}
      rows={4}
      spellCheck={false}
      defaultValue={value === undefined ? "" : JSON.stringify(value, null, 2)}
      onChange={(event) => {
        try {
          set(JSON.parse(event.target.value) as Json);
        } catch {
          set(event.target.value);
        }
      }}
      className="field font-mono text-xs"
    />
  );
}
