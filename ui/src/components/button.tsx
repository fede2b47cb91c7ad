import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./icons.tsx";

type Kind = "plain" | "primary" | "danger" | "ghost";

const looks: Record<Kind, string> = {
  plain: "border border-line-strong bg-surface text-ink hover:bg-sunken",
  primary: "border border-transparent bg-accent text-accent-ink hover:brightness-110",
  danger: "border border-line-strong bg-surface text-danger-text hover:bg-danger-soft",
  ghost: "border border-transparent text-soft hover:bg-sunken hover:text-ink",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  icon?: IconName;
  small?: boolean;
  children?: ReactNode;
}

const shape =
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors disabled:opacity-50 disabled:pointer-events-none";

export function Button({
  kind = "plain",
  icon,
  small = false,
  children,
  className = "",
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      className={`${shape} ${looks[kind]} ${small ? "h-7 px-2 text-xs" : "h-8 px-3 text-sm"} ${className}`}
      {...rest}
    >
      {icon === undefined ? null : <Icon name={icon} size={small ? 14 : 15} />}
      {children}
    </button>
  );
}

/** Only an icon; `label` is what a screen reader says and a pointer sees. */
export function IconButton({
  icon,
  label,
  kind = "ghost",
  filled = false,
  className = "",
  ...rest
}: Omit<ButtonProps, "children" | "icon"> & { icon: IconName; label: string; filled?: boolean }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`${shape} ${looks[kind]} size-8 ${className}`}
      {...rest}
    >
      <Icon name={icon} filled={filled} />
    </button>
  );
}

/** On or off, with its name for screen readers. */
export function Switch({
  checked,
  onChange,
  label,
  disabled = false,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: string;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={() => onChange(!checked)}
      className={`relative h-[18px] w-8 shrink-0 rounded-full transition-colors disabled:opacity-50 ${checked ? "bg-accent" : "bg-line-strong"}`}
    >
      <span
        className={`absolute top-[2px] left-[2px] size-[14px] rounded-full bg-white shadow-sm transition-transform ${checked ? "translate-x-[14px]" : ""}`}
      />
    </button>
  );
}
