// How an endpoint is written everywhere: method, then name.

export function Endpoint({ method, name }: { method: string; name: string }) {
  return (
    <span class="endpoint" title={`${method} ${name}`.trim()}>
      {method && <span class={`method m-${method.toLowerCase()}`}>{method}</span>}
      <span class="endpoint-name">{name}</span>
    </span>
  );
}
