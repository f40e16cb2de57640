/** The page at `/`: what this is and how to get in. Nothing of the fleet stands here: it answers without a token. */
export function homePage(version: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Assay</title>
<style>
  :root { color-scheme: light dark; --ink: #17202a; --soft: #5d6b7a; --paper: #fbfbf9; --line: #dfe3e6; --mark: #0b6e6e; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8ecef; --soft: #9aa7b3; --paper: #12171c; --line: #2a333b; --mark: #55c2bd; } }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif; }
  main { max-width: 42rem; margin: 0 auto; padding: 4rem 1.5rem; }
  h1 { font-size: 2.2rem; margin: 0; letter-spacing: -0.02em; }
  h1 + p { margin-top: 0.4rem; color: var(--soft); font-size: 1.15rem; }
  h2 { font-size: 1rem; margin: 2.4rem 0 0.6rem; color: var(--mark); }
  pre { border: 1px solid var(--line); border-radius: 8px; padding: 0.9rem 1.1rem; overflow-x: auto; font-size: 0.9rem; }
  code { font-family: ui-monospace, monospace; }
  footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.9rem; }
  a { color: var(--mark); }
</style>
</head>
<body>
<main>
<h1>Assay</h1>
<p>Qualifies NVMe drives on a fleet of lab machines.</p>
<p>This is the orchestrator: it schedules test plans across the drives and keeps their results, command logs and
statistics. Agents on the lab machines execute the plans; people use the <code>assay</code> command or the REST API.</p>
<h2>Look around</h2>
<pre><code>npx assay dut list
npx assay run list
npx assay campaign list</code></pre>
<h2>Submit a plan</h2>
<pre><code>npx assay plan list
npx assay run submit smoke SIM0001 --wait</code></pre>
<h2>Get a token</h2>
<p>Every request to <code>/api/v1</code> carries <code>Authorization: Bearer &lt;token&gt;</code>. The embedded lab keeps
its admin token in <code>.assay/admin.token</code>, where the command finds it by itself; a server writes its first one
to <code>ASSAY_ADMIN_TOKEN_FILE</code>. An admin makes more:</p>
<pre><code>npx assay token create night-shift --role operator</code></pre>
<p>Roles: a viewer reads; an operator submits, cancels and holds; an admin also makes tokens and enrols hosts.</p>
<footer>Version ${version} &middot; <a href="/livez">live</a> &middot; <a href="/readyz">ready</a> &middot;
<a href="/version">version</a> &middot; the API describes itself at <code>/api/v1/openapi.json</code></footer>
</main>
</body>
</html>
`;
}
