/** Who may see and do what, as the page shows it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wide } from "./dags.ts";
import { browserPath, type PageWorld, signIn, startPageWorld, withoutBrowser } from "./world.ts";

const password = "correct horse battery";

describe.skipIf(browserPath === null)(`people in the page${withoutBrowser}`, () => {
  let world: PageWorld;
  beforeAll(async () => {
    world = await startPageWorld({ "wide.ts": wide });
    for (const role of ["Viewer", "User", "Op"])
      await world.call("POST", "/auth/fab/v1/users", {
        username: role.toLowerCase(),
        password,
        roles: [{ name: role }],
      });
  }, 120_000);
  afterAll(() => world?.stop());

  it("asks who is there, refuses a wrong password, and goes on where the link led", async () => {
    const { page } = await world.open({ signedIn: false });
    await page.goto(`${world.url}/dags/wide/tasks`);
    await page.getByLabel("User name").fill("admin");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The name or the password is not right.").waitFor();
    await signIn(page, "admin", world.admin);
    await page.getByRole("heading", { name: "wide" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/dags/wide/tasks");
  });

  it("keeps the session out of the reach of scripts", async () => {
    const { page, context } = await world.open();
    expect(await page.evaluate("document.cookie")).toBe("");
    const cookies = await context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Lax" }]);
  });

  it("knows who looks from the document, and asks for what it shows at once", async () => {
    const { page } = await world.open();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${world.url}/dags`);
    await page.getByRole("link", { name: "wide" }).first().waitFor();
    expect(asked).toContain("/ui/dags");
    expect(asked).not.toContain("/ui/session");
  });

  it("signs out, and shows nothing any more", async () => {
    const { page } = await world.open();
    await page
      .getByRole("button", { name: /Account and appearance/ })
      .first()
      .click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("Password").waitFor();
    await page.goto(`${world.url}/dags`);
    await page.getByLabel("Password").waitFor();
  });

  const places = {
    viewer: ["Home", "Dags", "Runs", "Assets", "Inbox"],
    user: ["Home", "Dags"],
    op: ["Admin"],
  };
  it("offers a viewer nothing to change", async () => {
    const { page } = await world.open({ user: "viewer", password });
    for (const place of places.viewer)
      await page.getByRole("navigation", { name: "Main" }).getByText(place).first().waitFor();
    await page.goto(`${world.url}/dags/wide`);
    await page.getByRole("heading", { name: "wide" }).waitFor();
    expect(await page.getByRole("button", { name: "Trigger" }).count()).toBe(0);
    expect(await page.getByRole("switch").isDisabled()).toBe(true);
    await page.goto(`${world.url}/variables`);
    await page.getByText("You may not see this").waitFor();
  });

  it("lets a user trigger, but not see connections", async () => {
    const { page } = await world.open({ user: "user", password });
    await page.goto(`${world.url}/dags/wide`);
    await page.getByRole("button", { name: "Trigger" }).waitFor();
    await page.goto(`${world.url}/connections`);
    await page.getByText("You may not see this").waitFor();
  });

  it("lets an operator see settings, but not users", async () => {
    const { page } = await world.open({ user: "op", password });
    await page.goto(`${world.url}/configs`);
    await page.getByText("core.dags_folder").waitFor();
    expect(await page.getByRole("link", { name: "Users" }).count()).toBe(0);
  });

  it("lets an admin make a user", async () => {
    const { page } = await world.open();
    await page.goto(`${world.url}/users`);
    await page.getByRole("button", { name: "New user" }).click();
    await page.getByLabel("User name").fill("grace");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("checkbox", { name: "Viewer" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("cell", { name: "grace", exact: true }).waitFor();
    await world.open({ user: "grace", password });
  });

  it("speaks French to a French browser, and keeps what was chosen", async () => {
    const { page } = await world.open({ locale: "fr-FR" });
    await page.getByRole("heading", { name: "Accueil" }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("fr");
    await page
      .getByRole("button", { name: /Compte/ })
      .first()
      .click();
    await page.getByRole("menuitemradio", { name: "English" }).click();
    await page.getByRole("heading", { name: "Home" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Home" }).waitFor();
  });

  it("shows instants in the chosen time zone", async () => {
    const { page } = await world.open();
    await page.goto(`${world.url}/dags/wide/details`);
    const imported = page.locator("dt", { hasText: "Imported" }).locator("+ dd time");
    const instant = new Date((await imported.getAttribute("datetime")) ?? "");
    const clock = (timeZone: string): string =>
      new Intl.DateTimeFormat("en-GB", {
        timeZone,
        hour: "2-digit",
        minute: "2-digit",
        second: "2-digit",
      }).format(instant);
    expect(await imported.textContent()).toContain(clock("Europe/Paris"));
    await page
      .getByRole("button", { name: /Account/ })
      .first()
      .click();
    await page.getByRole("menuitemradio", { name: "Asia/Tokyo" }).click();
    await expect.poll(() => imported.textContent()).toContain(clock("Asia/Tokyo"));
  });

  it("says when the server is gone", async () => {
    const { page } = await world.open();
    const stream = "**/events/stream*";
    await page.route(stream, (route) => route.abort());
    // Another Dag, another stream: it cannot be opened.
    await page.getByRole("navigation", { name: "Main" }).getByText("Dags").first().click();
    await page.getByRole("link", { name: "wide" }).first().click();
    await page.getByRole("alert").getByText("The server does not answer").waitFor();
    await page.unroute(stream);
    await page.locator('[data-live="live"]').first().waitFor({ state: "attached" });
    await page.getByRole("alert").waitFor({ state: "detached" });
  });
});
