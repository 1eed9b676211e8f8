declare module "virtual:look/host" {
  const css: string;
  export default css;
}

declare module "virtual:look/marks" {
  type Shape = [name: string, attributes: Record<string, string>];
  export const logo: Shape[];
  export const icons: Record<string, Shape[]>;
}
