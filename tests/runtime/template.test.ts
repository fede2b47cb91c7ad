import { describe, expect, it } from "vitest";
import { renderTemplate, renderValue } from "../../src/sdk/template.ts";
import { TemplateContext, type TemplateFacts, type TemplateLookups } from "../../src/sdk/template-context.ts";

const facts: TemplateFacts = {
  dagId: "sales",
  taskId: "report",
  runId: "manual__2024-02-28T06:30:00+00:00",
  runType: "manual",
  mapIndex: -1,
  tryNumber: 2,
  maxTries: 3,
  logicalDate: "2024-02-28T06:30:00Z",
  dataIntervalStart: "2024-02-27T06:30:00Z",
  dataIntervalEnd: "2024-02-28T06:30:00Z",
  runAfter: "2024-02-28T06:30:00Z",
  dagRunStartDate: "2024-02-28T06:30:01Z",
  startDate: "2024-02-28T06:30:02Z",
  conf: { region: "eu" },
  params: { n: 3, name: "x y", list: [1, 2], flag: true },
  timezone: "UTC",
  task: { owner: "ann" },
  dag: { owner: "ann" },
  taskRescheduleCount: 0,
  expandedTiCount: null,
  testMode: false,
  extra: {},
  userMacros: { twice: (n: number) => n * 2 },
  userFilters: { shout: (text: string) => `${text}!` },
};

const lookups: TemplateLookups = {
  now: () => Date.parse("2024-03-01T00:00:00Z"),
  random: () => 0.5,
  uuid: () => "0000",
  variable: async (key) => ({ color: "red", table: '{"rows": [1, 2]}' })[key],
  connection: async (id) =>
    id === "db"
      ? { connId: "db", connType: "postgres", host: "h", port: 5432, extra: { sslmode: "require" } }
      : undefined,
  xcom: async ({ taskIds, key }) =>
    taskIds?.[0] === "extract" ? (key === "return_value" ? { rows: 7 } : "k") : null,
  triggeringAssetEvents: async () => ({ "s3://a": [] }),
};

const context = new TemplateContext(facts, lookups);
const render = (text: string) => context.render(text, { field: "command", taskId: "report" });

/** Answers of Jinja 3.1 under Airflow 3's context. */
const golden: [template: string, text: string][] = [
  ["plain", "plain"],
  ["{{ ds }}", "2024-02-28"],
  ["{{ ds_nodash }}", "20240228"],
  ["{{ ts }}", "2024-02-28T06:30:00+00:00"],
  ["{{ ts_nodash }}", "20240228T063000"],
  ["{{ ts_nodash_with_tz }}", "20240228T063000+0000"],
  ["{{ logical_date }}", "2024-02-28 06:30:00+00:00"],
  ["{{ data_interval_start | ds }}", "2024-02-27"],
  ["{{ data_interval_end | ts_nodash }}", "20240228T063000"],
  ["{{ macros.ds_add(ds, 2) }}", "2024-03-01"],
  ["{{ macros.ds_add(ds, -59) }}", "2023-12-31"],
  ['{{ macros.ds_format(ds, "%Y-%m-%d", "%d/%m/%y") }}', "28/02/24"],
  ["{{ logical_date + macros.timedelta(days=2, hours=1) }}", "2024-03-01 07:30:00+00:00"],
  ['{{ logical_date.strftime("%A %d %B %Y %H:%M %j") }}', "Wednesday 28 February 2024 06:30 059"],
  ["{{ logical_date.add(months=1).to_date_string() }}", "2024-03-28"],
  ['{{ logical_date.in_timezone("America/New_York").isoformat() }}', "2024-02-28T01:30:00-05:00"],
  ["{{ (data_interval_end - data_interval_start).days }}", "1"],
  ["{{ macros.datetime_diff_for_humans(logical_date) }}", "1 day ago"],
  ["{{ params.n + 1 }} {{ params['name'] }}", "4 x y"],
  ["{{ params.list }} {{ params.flag }} {{ none }}", "[1, 2] True None"],
  ["{{ dag_run.conf.region }} {{ dag_run.run_type }}", "eu manual"],
  ['{{ dag_run.conf.get("missing", "d") }}', "d"],
  ["{{ run_id }}", "manual__2024-02-28T06:30:00+00:00"],
  ["{{ task.task_id }} {{ dag.dag_id }} {{ ti.try_number }} {{ try_number }}", "report sales 2 2"],
  ["{{ task_instance_key_str }}", "sales__report__20240228"],
  ["{{ var.value.color }}", "red"],
  ["{{ var.value.get('gone', 'blue') }}", "blue"],
  ["{{ var.json.table.rows[1] }}", "2"],
  ["{{ conn.db.host }}:{{ conn.db.port }} {{ conn.db.extra_dejson.sslmode }}", "h:5432 require"],
  ["{{ ti.xcom_pull(task_ids='extract')['rows'] }}", "7"],
  ["{{ ti.xcom_pull('extract', key='other') }}", "k"],
  ["{{ ti.xcom_pull(task_ids='nobody') }}", "None"],
  ["{% for i in range(3) %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}", "0,1,2"],
  ["{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{% endfor %}", "a1b2"],
  ["{% for x in [1, 2, 3, 4] if x is even %}{{ x }}{% endfor %}", "24"],
  ["{% set x = 5 %}{{ x // 2 }} {{ x % 3 }} {{ 2 ** 3 }} {{ -7 % 3 }}", "2 2 8 2"],
  ["{% if params.n > 2 and params.flag %}yes{% else %}no{% endif %}", "yes"],
  ["{{ 'a' if params.n == 3 else 'b' }}", "a"],
  ["{{ missing | default('none') }}", "none"],
  ["{{ missing is defined }}", "False"],
  ["{{ 'abcdef'[1:4] }} {{ 'abc'[::-1] }} {{ [1, 2, 3][-1] }}", "bcd cba 3"],
  ["{{ 'a,b'.split(',') | join('-') }} {{ 'Hello'.replace('l', 'L') }}", "a-b HeLLo"],
  ["{{ 'x' ~ 1 }} {{ '%05.1f' | format(3.14159) }} {{ '%s=%d' % ('a', 2) }}", "x1 003.1 a=2"],
  ["{{ [3, 1, 2] | sort | map('string') | join }} {{ [1, 2] | sum }} {{ 'ab' | upper | length }}", "123 3 2"],
  ["{{ {'a': [1, 'x']} }} {{ {'a': 1} | tojson }}", "{'a': [1, 'x']} {\"a\": 1}"],
  ["{% raw %}{{ not }} {% endraw %}{# gone #}!", "{{ not }} !"],
  [
    "{% macro hi(n, p='!') %}hi {{ n }}{{ p }}{% endmacro %}{{ hi('bo') }}{{ hi('al', p='?') }}",
    "hi bo!hi al?",
  ],
  ["{{ twice(4) }} {{ 'hey' | shout }}", "8 hey!"],
  ["{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "3"],
  ["{% do [1].append(2) %}ok", "ok"],
  ["line\n{{ ds }}\n", "line\n2024-02-28"],
  ["{{ triggering_asset_events['s3://a'] }}", "[]"],
];

describe("templates", () => {
  it.each(golden)("renders %s", async (template, text) => {
    expect(await render(template)).toBe(text);
  });

  it("names the undefined variable, the option, the task, line and column", async () => {
    await expect(render("echo {{ ds }}\n  {{ nope.x }}")).rejects.toMatchObject({
      code: "TW_TEMPLATE_UNDEFINED",
      message: expect.stringContaining(
        '"nope" is undefined in the template of option "command" of task "report", line 2, column 6',
      ),
    });
    await expect(render("{{ params.gone }}")).rejects.toThrow('"params.gone" is undefined');
    await expect(render("{{ var.value.gone }}")).rejects.toThrow('"var.value.gone" is undefined');
    await expect(render("{{ conn.gone.host }}")).rejects.toThrow('"conn.gone" is undefined');
  });

  it("says what replaced a name that Airflow 3 removed", async () => {
    await expect(render("{{ execution_date }}")).rejects.toMatchObject({
      hint: expect.stringContaining("logical_date"),
    });
  });

  it("has no dates in a run without a logical date, and says why", async () => {
    const undated = new TemplateContext(
      { ...facts, logicalDate: null, dataIntervalStart: null, dataIntervalEnd: null },
      lookups,
    );
    await expect(undated.render("{{ ds }}", { field: "f" })).rejects.toMatchObject({
      code: "TW_TEMPLATE_UNDEFINED",
      hint: expect.stringContaining("no logical date"),
    });
  });

  it("refuses broken syntax and unknown filters", async () => {
    await expect(render("{{ ds")).rejects.toMatchObject({ code: "TW_TEMPLATE_SYNTAX" });
    await expect(render("{% if %}")).rejects.toMatchObject({ code: "TW_TEMPLATE_SYNTAX" });
    await expect(render("{{ ds | nofilter }}")).rejects.toThrow('no filter named "nofilter"');
  });

  it("keeps prototypes and constructors out of reach", async () => {
    await expect(render("{{ logical_date.constructor }}")).rejects.toMatchObject({
      code: "TW_TEMPLATE_UNDEFINED",
    });
    await expect(render("{{ params.constructor }}")).rejects.toMatchObject({ code: "TW_TEMPLATE_UNDEFINED" });
    await expect(render("{{ ds.__proto__ }}")).rejects.toMatchObject({ code: "TW_TEMPLATE_UNDEFINED" });
  });

  it("renders strings at any depth and leaves other values as they are", async () => {
    const when = new Date(0);
    expect(
      await context.render({ a: ["{{ ds }}", 1], b: { c: "{{ params.n }}" }, when }, { field: "env" }),
    ).toEqual({
      a: ["2024-02-28", 1],
      b: { c: "3" },
      when,
    });
    await expect(context.render({ a: ["{{ x }}"] }, { field: "env" })).rejects.toThrow('option "env.a[0]"');
  });

  it("gives the value itself in native mode", async () => {
    const scope = { values: { params: { n: 3, list: [1] } } };
    expect(await renderTemplate("{{ params.n }}", scope, { field: "f" }, true)).toBe(3);
    expect(await renderValue(["{{ params.list }}", "{{ params.n }}0"], scope, { field: "f" }, true)).toEqual([
      [1],
      30,
    ]);
  });

  it("fails on an undefined name in a condition, as Airflow's StrictUndefined does", async () => {
    await expect(render("{% if gone %}a{% endif %}")).rejects.toThrow('"gone" is undefined');
    await expect(render("{{ 'a' if gone else 'b' }}")).rejects.toThrow('"gone" is undefined');
    expect(await render("{% if gone is defined %}a{% else %}b{% endif %}")).toBe("b");
  });

  it("reads templates as jinjaEnvironmentKwargs says", async () => {
    const environment = {
      trimBlocks: true,
      lstripBlocks: true,
      keepTrailingNewline: true,
      undefined: "default",
    } as const;
    const other = new TemplateContext(facts, lookups, { environment });
    const place = { field: "f" };
    const text =
      "a\n  {% if params.flag %}\nb\n  {% endif %}\n[{{ gone }}{% for x in gone %}x{% endfor %}]\n";
    expect(await other.render(text, place)).toBe("a\nb\n[]\n");
    expect(await other.render("{% if gone or params.n %}yes{% endif %}", place)).toBe("yes");
    await expect(other.render("{{ gone.deeper }}", place)).rejects.toThrow('"gone" is undefined');
  });
});
