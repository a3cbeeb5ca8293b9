// The sign of the product: a gate with its portcullis half down.

export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg className="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect className="logo-ground" width="32" height="32" rx="7" />
      <path className="logo-gate" d="M7 27V14a9 9 0 0 1 18 0v13" />
      <path className="logo-bars" d="M12 9.5V26M16 7v20M20 9.5V26M8 15h16M8 21h16" />
    </svg>
  );
}
